"""The command ``halfpixel``: its sub-commands, and one line and exit status 2 for whatever goes wrong."""

from __future__ import annotations

import subprocess
import sys

import pytest

from halfpixel import cli


def test_every_sub_command_exists_and_has_help(capsys):
    for name in cli.COMMANDS:
        with pytest.raises(SystemExit) as left:
            raise SystemExit(cli.main([name, "--help"]))
        assert left.value.code == 0, name
        assert "halfpixel" in capsys.readouterr().out


def test_help_lists_the_commands(capsys):
    assert cli.main(["--help"]) == 0
    text = capsys.readouterr().out
    assert [name for name in cli.COMMANDS if f"\n  {name} " not in text] == []
    assert cli.main([]) == 2


def test_the_module_is_the_command():
    ran = subprocess.run([sys.executable, "-m", "halfpixel", "--version"], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("halfpixel ")


def test_an_unknown_command_is_refused_in_one_line(capsys):
    assert cli.main(["frobnicate"]) == 2
    assert capsys.readouterr().err.startswith("halfpixel: unknown command 'frobnicate'; there are: run, check,")


@pytest.mark.parametrize(
    ("module", "line"),
    [
        (
            "jinja2",
            "needs jinja2, which is not installed: python -m pip install 'halfpixel[report]'",
        ),
        (
            "onnx.helper",
            "needs onnx, which is not installed: python -m pip install 'halfpixel[parity]'",
        ),
        ("pytest", "needs pytest, which is not installed: python -m pip install 'halfpixel[run]'"),
        ("unheard_of", "needs the module 'unheard_of', which is not installed"),
    ],
)
def test_a_missing_module_is_told_with_its_extra(module, line, monkeypatch, capsys):
    def missing(arguments):
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)

    monkeypatch.setattr("halfpixel.golden.command.main", missing)
    assert cli.main(["golden", "list"]) == 2
    assert capsys.readouterr().err == f"halfpixel: golden: {line}\n"


def test_a_crash_is_not_the_answer_no(monkeypatch, capsys):
    def crash(arguments):
        raise ZeroDivisionError("first line\nsecond line")

    monkeypatch.setattr("halfpixel.golden.command.main", crash)
    monkeypatch.delenv("HALFPIXEL_TRACEBACK", raising=False)
    assert cli.main(["golden", "list"]) == 2
    error = capsys.readouterr().err
    assert (
        error
        == "halfpixel: golden: internal error: ZeroDivisionError: first line (HALFPIXEL_TRACEBACK=1 shows where)\n"
    )
    monkeypatch.setenv("HALFPIXEL_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        cli.main(["golden", "list"])


def test_importing_the_package_imports_nothing_else():
    names = ("numpy", "pytest", "halfpixel.golden")
    program = f"import sys, halfpixel; print([name for name in {names} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_the_plugin_of_pytest_imports_nothing_for_other_projects(tmp_path):
    (tmp_path / "test_other.py").write_text(
        "import sys\n\n\ndef test_nothing_of_ours_is_loaded():\n"
        "    ours = {name for name in sys.modules if name.startswith('halfpixel')}\n"
        "    assert ours <= {'halfpixel', 'halfpixel.pytest_plugin'}, ours\n"
        "    assert 'numpy' not in sys.modules\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_other.py"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout


@pytest.mark.framework
def test_the_suites_are_found_from_another_folder(tmp_path):
    asked = ["--pyargs", "halfpixel.suites.conformance", "--frameworks", "onnx-reference", "--collect-only", "-q"]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *asked]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "test_documentation.py::" in ran.stdout
