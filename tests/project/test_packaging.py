"""The README's commands exist, what they install is pinned, and no file names a registry or a path of one machine."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from halfpixel import adapters
from tests import ROOT

CONFORMANCE = "python -m pip install tox && tox run -e conformance"
TESTS = "python -m pip install tox && tox run -e tests"
REQUIREMENTS = ("core.txt", "small.txt", "large.txt", "exports.txt", "test.txt", "lint.txt", "mmseg.txt")
EXACT_VERSION = re.compile(r"==\d+(\.\d+)*")

# Each is joined at run time, so that this file does not contain what it looks for.
REGISTRY_HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pypi", "python", "org"),
        ("pythonhosted", "org"),
        ("download", "pytorch", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("anaconda", "org"),
        ("anaconda", "com"),
    )
)
REGISTRY = rf"(?i)(?<![\w-])({'|'.join(map(re.escape, REGISTRY_HOSTS))})(?![\w.-]*\w)"
# Not within a URL or a longer path, where a host or a folder comes first.
MACHINE_PATH = r"(?<![\w.*~})\]-])/(root|home|Users|work|opt|mnt)/\w+"


def _requirements(name: str) -> list[Requirement]:
    lines = (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def _pins() -> dict[str, str]:
    return {canonicalize_name(pin.name): str(pin.specifier) for pin in _requirements("constraints.txt")}


def _tox() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "tox.ini", encoding="utf-8")
    return parser


def _tracked_files() -> list[Path]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("which files are tracked is known only in a clone, and to git")
    # The owner of the checkout may be another user, as in containers of continuous integration.
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def _matches(pattern: str, content: bytes) -> list[str]:
    return [match.group().decode() for match in re.finditer(pattern.encode(), content)]


def _files_with(pattern: str) -> dict[str, list[str]]:
    found = {str(file.relative_to(ROOT)): _matches(pattern, file.read_bytes()) for file in _tracked_files()}
    assert found, "git lists no files: nothing was looked at"
    return {name: matches for name, matches in found.items() if matches}


@pytest.mark.parametrize("command", [CONFORMANCE, TESTS])
def test_readme_gives_the_command_verbatim(command):
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("environment", ["conformance", "tests", "field", "bench", "mmseg", "lint"])
def test_tox_has_the_environment(environment):
    assert _tox()[f"testenv:{environment}"]["commands"].strip()


def test_conformance_is_a_full_run_that_writes_the_report():
    tox = _tox()
    command = " ".join([tox["in_frameworks"]["suites"], tox["testenv:conformance"]["commands"]])
    assert "suites --strict --without keras --report reports/latest" in command
    assert command.endswith("--sizes full {posargs}")


def test_field_asks_of_variants_what_the_default_run_does_not():
    core = {canonicalize_name(requirement.name) for requirement in _requirements("core.txt")}
    apart = {"mmseg"}
    absent = {name for name, each in adapters.frameworks().items() if not core & set(each.distributions)} - apart
    (asked,) = re.findall(r"--chapters-of (\S+)", _tox()["testenv:field"]["commands"])
    assert set(asked.split(",")) == absent
    assert "--without keras" in _tox()["in_frameworks"]["suites"]


def test_ci_runs_exactly_the_test_command():
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert lines[-1] == TESTS
    assert sum("tox run" in line for line in lines) == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has no executable bit")
def test_ci_script_is_executable():
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_every_constraint_is_one_exact_version():
    loose = {name: pin for name, pin in _pins().items() if not EXACT_VERSION.fullmatch(pin)}
    assert loose == {}
    assert len(_pins()) == len(_requirements("constraints.txt"))


def test_constraints_pin_torch_exactly():
    assert EXACT_VERSION.fullmatch(_pins()["torch"])


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_requirement_is_pinned_and_to_the_same_version(name):
    pins = _pins()
    requirements = _requirements(name)
    assert requirements
    for requirement in requirements:
        pin = pins[canonicalize_name(requirement.name)]
        assert str(requirement.specifier) in ("", pin), requirement


@pytest.mark.parametrize("name", ["models.txt", "mmseg-no-deps.txt"])
def test_what_is_installed_without_what_it_names_is_pinned_too(name):
    requirements = _requirements(name)
    assert [str(one) for one in requirements if not EXACT_VERSION.fullmatch(str(one.specifier))] == []
    (command,) = re.findall(rf".*-r requirements/{re.escape(name)}$", (ROOT / "tox.ini").read_text(), re.MULTILINE)
    assert "--no-deps" in command


@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
@pytest.mark.parametrize("machine", ["x86_64", "aarch64", "arm64", "AMD64"])
def test_every_platform_gets_exactly_one_tensorflow(system, machine):
    platform = {"sys_platform": system, "platform_machine": machine}
    chosen = [r.name for r in _requirements("core.txt") if r.marker is None or r.marker.evaluate(platform)]
    expected = "tensorflow-cpu" if (system, machine) == ("linux", "x86_64") else "tensorflow"
    assert [name for name in chosen if name.startswith("tensorflow")] == [expected]


def test_continuous_integration_covers_the_supported_pythons():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    workflow = (ROOT / ".github" / "workflows" / "conformance.yml").read_text(encoding="utf-8")
    matrix = re.search(r"python: \[(.*)\]", workflow)
    assert matrix is not None
    supported = [f"3.{minor}" for minor in range(30) if f"3.{minor}" in SpecifierSet(project["requires-python"])]
    assert re.findall(r"\d+\.\d+", matrix.group(1)) == supported


def test_no_tracked_file_names_a_package_registry():
    assert _files_with(REGISTRY) == {}


def test_no_tracked_file_names_a_path_of_one_machine():
    assert _files_with(MACHINE_PATH) == {}


@pytest.mark.parametrize(
    ("pattern", "text", "is_named"),
    [
        (REGISTRY, f"https://{REGISTRY_HOSTS[0]}/simple", True),
        (REGISTRY, f"see files.{REGISTRY_HOSTS[2]}.", True),
        (REGISTRY, f"https://{REGISTRY_HOSTS[0]}anization.example", False),
        (REGISTRY, "https://pytorch.org/docs/stable", False),
        (MACHINE_PATH, "/".join(["", "home", "someone", "x.py"]), True),
        (MACHINE_PATH, "file://" + "/".join(["", "root", "x"]), True),
        (MACHINE_PATH, "https://example.com/" + "home/page", False),
        (MACHINE_PATH, "images/" + "work/a.png", False),
    ],
)
def test_the_scan_tells_places_from_other_text(pattern, text, is_named):
    assert bool(_matches(pattern, text.encode())) is is_named
