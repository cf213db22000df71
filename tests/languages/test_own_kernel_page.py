"""``docs/own-kernel.md``: its commands run as printed, and the code that it prints is the code that is tested."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tests import ROOT
from tests.languages.test_languages import HERE
from tests.pages import run_page

PAGE = "own-kernel.md"
TWO_SCREENS = 110
"""Lines, of which a reader of vectors is half."""
_PILLOW = """#!{python}
import sys
from PIL import Image

source, result, w, h = sys.argv[1:]
Image.open(source).resize((int(w), int(h)), Image.BICUBIC).save(result)
"""


def test_its_commands_run_as_printed(tmp_path: Path) -> None:
    """Where ``my_resize`` is a program that does what Pillow does."""
    program = tmp_path / "my_resize"
    program.write_text(_PILLOW.format(python=sys.executable), encoding="utf-8")
    program.chmod(0o755)
    assert run_page(PAGE, tmp_path, {"HALFPIXEL": str(ROOT)}) == 3


def test_it_prints_the_reader_that_is_tested() -> None:
    text = (ROOT / "docs" / PAGE).read_text(encoding="utf-8")
    (printed,) = re.findall(r"```rust\n(.*?)```", text, re.DOTALL)
    assert printed == (HERE / "rust" / "vectors.rs").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= TWO_SCREENS
