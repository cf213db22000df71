"""The commands that open the README run as printed, in a folder of one's own; so do those of whole pages."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from halfpixel import cli
from tests import ROOT
from tests.pages import run_page

PAGES = ("image-processor.md",)
"""Whose commands are run."""
TWO_SCREENS = 100
"""Lines."""
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)


def _opening() -> list[str]:
    """The blocks before the first heading, without the installation."""
    opening = README.partition("\n## ")[0]
    return [block for block in re.findall(r"```sh\n(.*?)```", opening, re.DOTALL) if "pip install" not in block]


def test_the_commands_that_open_it_run_as_printed(tmp_path):
    script = "\n".join(["set -e", f'halfpixel() {{ {sys.executable} -m halfpixel "$@"; }}', *_opening()])
    # The project is found where it is installed, and not because of the folder that this runs in.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ran = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert "resize: nearest asymmetric floor" in ran.stdout
    assert "all 192 measured agree" in ran.stdout
    assert "linear align_corners: 3 -> 5" in ran.stdout


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_run_as_printed(page, tmp_path):
    assert run_page(page, tmp_path) > 0
    assert len((ROOT / "docs" / page).read_text(encoding="utf-8").splitlines()) <= TWO_SCREENS


def test_it_opens_with_three_problems_and_their_commands():
    assert sum(block.count("halfpixel ") for block in _opening()) == 3


@pytest.mark.parametrize(
    "name", ["README", "CONTRIBUTING", *sorted(path.name for path in (ROOT / "docs").glob("*.md"))]
)
def test_every_command_of_the_documents_exists(name):
    path = ROOT / "docs" / name if name.endswith(".md") else ROOT / f"{name}.md"
    named = re.findall(
        r"(?:^|[`\s])halfpixel ([a-z]+)(?= [^a-z]|[ `\n]|$)", path.read_text(encoding="utf-8"), re.MULTILINE
    )
    commands = {word for word in named if word not in _PROSE}
    assert commands <= set(cli.COMMANDS), sorted(commands - set(cli.COMMANDS))


_PROSE = {"is", "measures", "names", "reads", "run", "and", "has"}
"""Words that follow the project's name in sentences."""


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(((?!https?://)[^)#]+)", README))))
def test_every_file_it_links_to_exists(link):
    assert Path(ROOT / link).exists()
