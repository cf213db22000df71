"""The chapter of a model: what it says, alone and in a run's report; names from a file are only text there."""

from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser

import onnx
import pytest

from halfpixel.parity.check import ParityRequest
from halfpixel.parity.inspection import check_model
from halfpixel.parity.output.report_fields import report_fields
from halfpixel.parity.runtimes import registry
from halfpixel.parity_command import main
from halfpixel.reports.records.json_lines import read, to_dict
from halfpixel.reports.records.record_types import ModelCheck
from halfpixel.reports.records.schema import validation_error
from tests import ROOT
from tests.fakes import runtimes as fakes
from tests.parity.small_models import convolutional


class _Seen(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def wrong(monkeypatch):
    """A runtime that has linear in the place of cubic, known by name."""
    monkeypatch.setattr(registry, "RUNTIMES", (*registry.RUNTIMES, fakes.fake(fakes.kernel)))
    return "onnxruntime,kernel"


def test_a_page_tells_the_verdict_the_node_its_error_and_what_to_change(wrong, tmp_path, capsys):
    path, page = convolutional(tmp_path / "m.onnx", {"mode": "cubic", "cubic_coeff_a": -0.75}), tmp_path / "page.html"
    assert main([str(path), "--against", wrong, "--html", str(page)]) == 1
    seen = _Seen(page.read_text(encoding="utf-8"))
    text = " ".join(seen.text.split())
    assert "divergence: 1 of 1 resize differs and 1 of 1 output differs" in text
    for told in ("main/2:Resize", "16 -> 40, 24 -> 60", "kernel", "100 %", "change label", "rounding explains"):
        assert told in text
    assert 'the call was F.interpolate(x, size, mode="bicubic", align_corners=False)' in text
    assert "interpolates cubically (coefficient -0.75)" in text
    assert not [tag for tag, _ in seen.tags if tag == "script"]


def test_names_from_a_file_are_text(tmp_path, capsys):
    path, page = convolutional(tmp_path / "m.onnx", {"mode": "linear"}), tmp_path / "page.html"
    model = onnx.load(path)
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>\u202egnp.exe"
    model.graph.node[2].name = evil
    model.graph.output[0].name = model.graph.node[3].output[0] = "</table>" + "long" * 1000
    onnx.save(model, path)
    assert main([str(path), "--against", "onnxruntime,onnx-reference", "--html", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    seen = _Seen(text)
    assert not {"script", "img"} & {tag for tag, _ in seen.tags}
    assert not [attrs for _, attrs in seen.tags if any(name.startswith("on") for name in attrs)]
    assert "<script>alert(1)" in seen.text
    assert "\u202e" not in text
    assert len(text) < 60_000


def test_an_audit_and_a_crash_have_a_page_too(monkeypatch, tmp_path, capsys):
    path, page = convolutional(tmp_path / "m.onnx", {"mode": "linear"}), tmp_path / "page.html"
    main([str(path), "--audit", "--html", str(page)])
    assert "nothing was run" in page.read_text(encoding="utf-8")
    monkeypatch.setattr(registry, "RUNTIMES", (*registry.RUNTIMES, fakes.fake(fakes.crashes)))
    assert main([str(path), "--against", "crashes", "--html", str(page)]) == 2
    text = page.read_text(encoding="utf-8")
    assert "cannot tell" in text
    assert "SIGABRT" in text


def test_a_page_that_cannot_be_written_is_one_line(tmp_path, capsys):
    path = convolutional(tmp_path / "m.onnx", {"mode": "linear"})
    assert main([str(path), "--audit", "--html", str(path / "page.html")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    before = path.read_bytes()
    assert main([str(path), "--audit", "--html", str(path)]) == 2
    assert "the model itself" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_what_is_not_finite_can_be_recorded(monkeypatch, tmp_path):
    monkeypatch.setattr(registry, "RUNTIMES", (*registry.RUNTIMES, fakes.fake(fakes.infects)))
    path = convolutional(tmp_path / "m.onnx", {"mode": "linear"})
    check = ModelCheck(**report_fields(check_model(ParityRequest(str(path), ("onnxruntime", "infects")))))
    assert validation_error(to_dict(check)) is None
    assert "inf" in {one["own"] for one in to_dict(check)["resizes"][0]["results"]}


def test_a_run_of_pytest_keeps_the_model_and_shows_it(tmp_path):
    path = convolutional(tmp_path / "m.onnx", {"mode": "linear"})
    names = "onnxruntime,onnx-reference"
    command = [sys.executable, "-m", "pytest", "suites/parity", "--model", str(path), "--against", names, "-q"]
    command += ["-p", "no:cacheprovider", "--report", str(tmp_path / "report")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout
    (kept,) = [one for one in read(tmp_path / "report" / "results.jsonl") if isinstance(one, ModelCheck)]
    assert kept.verdict == "parity"
    assert [one["key"] for one in kept.resizes] == ["main/2:Resize"]
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert "This model" in page
    assert "1 of 1 resize and 1 of 1 output compared on onnxruntime, onnx-reference, and all agree" in page


def test_only_onnx_is_rewritten_and_the_verdict_stays_what_it_is(tmp_path, capsys):
    tf = pytest.importorskip("tensorflow")

    def saved(name, resize):
        module = tf.Module()
        module.enlarge = tf.function(
            lambda x: {"y": resize(x)}, input_signature=[tf.TensorSpec([1, 8, 10, 3], tf.float32)]
        )
        tf.saved_model.save(module, str(tmp_path / name), signatures={"serving_default": module.enlarge})
        return str(tmp_path / name)

    size = (16, 20)
    original = saved("original", lambda x: tf.compat.v1.image.resize_bilinear(x, size, align_corners=True))
    exported = saved("exported", lambda x: tf.image.resize(x, size, method="bilinear"))
    out = tmp_path / "out.onnx"
    asked = [exported, "--against", "tensorflow", "--reference", original, "--fix", str(out)]
    assert main(asked) == 1
    assert not out.exists()
    told = " ".join(capsys.readouterr().out.split())
    assert "only ONNX files are rewritten, and this is saved_model: change the line in the source" in told
    wanted = "tf.compat.v1.image.resize_bilinear(x, size, align_corners=True)"
    assert f"TensorFlow: the original has {wanted}" in told
    assert "--fix" not in told
    # The line that is told does what it is told for.
    x = tf.random.stateless_uniform((1, 8, 10, 3), (1, 2))
    mine = eval(wanted, {"tf": tf, "x": x, "size": size})
    theirs = tf.saved_model.load(original).signatures["serving_default"](x=x)["y"]
    assert float(tf.reduce_max(tf.abs(mine - theirs))) == 0


def test_a_page_without_its_modules_is_refused_before_anything_is_read(tmp_path):
    lines = ["import sys", "sys.modules['jinja2'] = None", "from halfpixel.cli import main"]
    lines.append("print(main(['parity', 'no_such_model.onnx', '--html', 'page.html']))")
    done = subprocess.run([sys.executable, "-c", "; ".join(lines)], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == "2\n"
    assert "parity: needs jinja2, which is not installed" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_the_command_imports_neither_definitions_nor_formats_before_the_runtimes_start():
    program = "import sys, halfpixel.parity_command; print(*(n for n in sys.modules if n.startswith('halfpixel.')))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    rooms = {name.removeprefix("halfpixel.") for name in done.stdout.split()}
    assert rooms <= {
        "parity",
        "parity.check",
        "parity.printable_text",
        "parity.runtimes",
        "parity.runtimes.registry",
        "parity.runtimes.session",
        "parity.runtimes.worker",
        "parity_command",
    }
