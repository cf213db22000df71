"""Sample records for the tests of `reports`: small, computed here, and shaped like those of a real run."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from halfpixel.golden import Convention
from halfpixel.reports.records.record_types import (
    Attribution,
    DefaultCall,
    EquivalenceClass,
    Finding,
    KnownDefect,
    LedgerStatus,
    PairComparison,
    Record,
    Refusal,
    Run,
    WorstCase,
)

LINEAR = Convention(kernel="linear")
CORNERS = Convention(kernel="linear", coordinate_transformation_mode="align_corners")
CUBIC = Convention(kernel="cubic")
CUBIC_HALF = Convention(kernel="cubic", cubic_coeff_a=Fraction(-1, 2))
NEAREST = Convention(kernel="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
ANTIALIASED = Convention(kernel="linear", antialias=True, border="renormalise")


def header(**changes: object) -> Run:
    """A run with three frameworks installed and two not."""
    values = {
        "started": "2026-11-22T15:04:05+00:00",
        "versions": {"opencv": "5.0.0", "tensorflow": "2.21.0", "torch": "2.13.0", "keras": None, "ncnn": None},
        "python": "3.11.9",
        "platform": "Linux-6.1-x86_64",
        "cpu": "x86_64, AVX2",
        "options": {"sizes": "quick", "frameworks": ["torch", "opencv", "tensorflow"]},
        "size_pairs": 1024,
        "pair_list_digest": "9f2c41d0",
    }
    return Run(**values | changes)


def linear_row(n_in: int, at: float, reach: float = 1.0) -> np.ndarray:
    """A triangle kernel of half-width ``reach`` at ``at``, clamped by renormalising: shape ``(n_in,)``."""
    weights = np.maximum(0.0, 1 - np.abs(np.arange(n_in) - at) / reach)
    return weights / weights.sum()


def cubic_row(n_in: int, at: float, a: float) -> np.ndarray:
    """Keys' kernel at ``at`` with replicated borders: shape ``(n_in,)``."""
    row = np.zeros(n_in)
    for tap in range(int(np.floor(at)) - 1, int(np.floor(at)) + 3):
        t = abs(at - tap)
        near, far = (a + 2) * t**3 - (a + 3) * t**2 + 1, a * (t**3 - 5 * t**2 + 8 * t - 4)
        row[min(max(tap, 0), n_in - 1)] += near if t <= 1 else far
    return row


def worst(expected: np.ndarray, got: np.ndarray, n_out: int, index: int, coordinate: Fraction) -> WorstCase:
    """Where ``expected`` and ``got``, each of shape ``(n_in,)``, part."""
    return WorstCase(
        axis="width",
        n_in=len(expected),
        n_out=n_out,
        output_index=index,
        region="border" if index in (0, n_out - 1) else "interior",
        coordinate=str(coordinate),
        expected=expected,
        got=got,
        image=np.nan_to_num(np.sign(got - expected), nan=1.0),
    )


def finding(framework: str, name: str, claim: Convention, verdict: str = "agrees", **changes: object) -> Finding:
    """One finding of the conformance suite."""
    operation = f"{framework} {name}"
    values = {
        "suite": "conformance",
        "question": f"does {operation} resize as documented?",
        "operation": operation,
        "framework": framework,
        "against": str(claim),
        "claim": claim.as_dict(),
        "source": f"https://example.org/{framework}/resize.html",
        "verdict": verdict,
        "gain": 1.2e-7 if verdict == "agrees" else 0.0,
        "tolerance": 3.8e-6,
        "smallest_tolerance": 1.2e-7,
        "pairs_measured": 1024,
        "seconds": 0.25,
    }
    if verdict in ("unsupported", "error", "not installed"):
        values |= {"gain": None, "tolerance": None, "smallest_tolerance": None, "pairs_measured": 0}
    return Finding(**values | changes)


def divergence(
    framework: str, name: str, claim: Convention, place: WorstCase, cause: Attribution | None, **changes
) -> Finding:
    """One finding that disagrees by what ``place`` says."""
    difference = np.subtract(place.got, place.expected)
    gain = float(np.abs(difference).sum())
    values = {
        "verdict": "diverges",
        "gain": gain,
        "grey_levels": 127.5 * gain,
        "pixels_moved": abs(float(np.arange(place.n_in) @ difference)),
        "smallest_tolerance": gain,
        "pairs_differing": 612,
        "differing_up": 496,
        "differing_down": 116,
        "worst": place,
        "attribution": cause,
        "ledger": LedgerStatus(status="known", reason="long known", link="https://github.com/example/example/issues/1"),
        "message": f"{framework} {name}\n  expected {list(place.expected)}\n  got      {list(place.got)}\n",
        "reproduction": (
            f"import numpy as np\nimport {framework}\n\n"
            f"x = np.array({[int(v) for v in place.image]}, dtype=np.float32).reshape(1, 1, 1, {place.n_in})\n"
            f"h, w = 1, {place.n_out}\ny = np.asarray({framework}.resize(x, (h, w)))\nprint(y.reshape(h, w))\n"
        ),
    }
    return finding(framework, name, claim, **values | changes)


def known(defect: str) -> LedgerStatus:
    """The state of a finding that an entry explains."""
    return LedgerStatus(
        status="known", reason="long known", link="https://github.com/example/example/issues/1", defect=defect
    )


def entry(framework: str, identifier: str, kind: str = "silent values", **changes: object) -> KnownDefect:
    """An entry of the catalogue of a framework."""
    values = {
        "framework": framework,
        "version": {"opencv": "5.0.0", "tensorflow": "2.21.0", "torch": "2.13.0"}.get(framework, "1.0"),
        "project": {"opencv": "OpenCV", "tensorflow": "TensorFlow", "torch": "PyTorch"}.get(framework, framework),
        "tracker": f"https://example.org/{framework}/issues",
        "id": identifier,
        "title": f"The title of {identifier}",
        "kind": kind,
        "reach": "documented option",
        "asked": True,
        "contract": "A constant stays.",
        "contract_source": f"https://example.org/{framework}/resize.html",
        "not_affected": "Other kernels.",
        "since": "since 1.0 or earlier",
        "upstream": "https://github.com/example/example/issues/1",
        "source": "resize.cpp, weights",
        "workaround": "Pass a size.",
        "program": f"import {framework}\nprint({framework}.__version__, 'actual', 1, 'expected', 2)",
    }
    return KnownDefect(**values | changes)


def entries() -> list[KnownDefect]:
    """Of two of the three frameworks of :func:`samples`: found, asked in vain, not asked, and one that is no defect."""
    unreported = {"upstream": "not reported", "searched": "2026-11-30: bicubic table; weights of 1024 steps"}
    return [
        entry("tensorflow", "v1-coordinates", reach="default call", since="since 2.21.0; not in 2.20.0"),
        entry("tensorflow", "bicubic-table", "precision", **unreported),
        entry("torch", "no-antialias"),
        entry("torch", "empty-crash", "crash", fixed_in="2.12.0"),
        entry("torch", "reads-outside", "memory", reach="extreme input", asked=False),
        entry("opencv", "nearest-ties", "unspecified"),
    ]


def samples() -> list[Record]:
    """Every type of record and every verdict."""
    coordinates = Attribution(
        factors=("coordinates",),
        explanation="It samples with align_corners although half_pixel is documented.",
        convention=str(CORNERS),
    )
    coefficient = Attribution(
        factors=("cubic coefficient",),
        explanation="It uses a = -1/2 where -3/4 is documented.",
        convention=str(CUBIC_HALF),
    )
    precision = Attribution(factors=("precision",), explanation="Its weights come from a table of 1024 steps.")
    ties = Attribution(factors=("ties",), explanation="At exact rounding ties it takes the other pixel.")
    filtered = Attribution(factors=("antialias",), explanation="It does not widen the kernel when shrinking.")
    third = cubic_row(8, 10 / 3, -0.75)
    picked, expected = np.eye(20)[14], np.eye(20)[15]
    return [
        header(),
        finding("torch", "interpolate(mode=bilinear, align_corners=False)", LINEAR),
        finding("torch", "interpolate(mode=bilinear, align_corners=True)", CORNERS, "exact"),
        finding("torch", "interpolate(mode=bicubic)", CUBIC),
        finding("opencv", "resize(INTER_LINEAR)", LINEAR, refused=Refusal(pairs=12, message="size must be positive")),
        finding("tensorflow", "image.resize(method=bilinear)", LINEAR),
        finding(
            "opencv", "resize(INTER_AREA)", Convention(kernel="area"), "unsupported", message="no such kernel: area"
        ),
        finding("tensorflow", "raw_ops.ResizeArea()", Convention(kernel="area"), "error", message="Segmentation fault"),
        finding("keras", "ops.image.resize()", LINEAR, "not installed", message="keras is not installed"),
        divergence(
            "tensorflow",
            "compat.v1.image.resize(bilinear)",
            LINEAR,
            worst(linear_row(7, 4.4), linear_row(7, 3.0), 5, 3, Fraction(22, 5)),
            coordinates,
            pixels_moved=1.4,
            ledger=known("v1-coordinates"),
        ),
        divergence(
            "opencv",
            "resize(INTER_CUBIC)",
            CUBIC,
            worst(third, cubic_row(8, 10 / 3, -0.5), 12, 5, Fraction(10, 3)),
            coefficient,
            ledger=LedgerStatus(status="new"),
        ),
        divergence(
            "tensorflow",
            "image.resize(method=bicubic)",
            CUBIC,
            worst(third, cubic_row(8, 10 / 3 + 4e-4, -0.75), 12, 5, Fraction(10, 3)),
            precision,
            verdict="approximates",
            ledger=known("bicubic-table"),
        ),
        divergence(
            "opencv",
            "resize(INTER_NEAREST)",
            NEAREST,
            worst(expected, picked, 6, 4, Fraction(29, 2)),
            ties,
            verdict="ties",
            ledger=LedgerStatus(
                status="stale",
                reason="the ledger has gain 0.5",
                link="https://example.org/stale",
                defect="nearest-ties",
            ),
        ),
        divergence(
            "torch",
            "interpolate(mode=bilinear, antialias=True)",
            ANTIALIASED,
            worst(linear_row(60, 29.5, 30.0), linear_row(60, 29.5), 2, 0, Fraction(59, 2)),
            filtered,
            ledger=known("no-antialias"),
        ),
        divergence(
            "torch",
            "grid_sample(padding_mode=border)",
            LINEAR,
            worst(linear_row(5, 0), linear_row(5, 0.25), 10, 0, Fraction(-1, 4)),
            None,
        ),
        EquivalenceClass(
            members=("torch interpolate(mode=bilinear, align_corners=False)", "opencv resize(INTER_LINEAR)"),
            frameworks=("opencv", "torch"),
            convention=str(LINEAR),
            pairs=1024,
        ),
        EquivalenceClass(
            members=tuple(f"torch Upsample variant {i}" for i in range(9)),
            frameworks=("torch",),
            convention=None,
            pairs=64,
        ),
        PairComparison(
            a="torch interpolate(mode=bilinear, align_corners=False)",
            b="opencv resize(INTER_LINEAR)",
            claim=str(LINEAR),
            verdict="agrees",
            gain=2.4e-7,
            n_in=31,
            n_out=17,
        ),
        PairComparison(
            a="torch interpolate(mode=bicubic)",
            b="opencv resize(INTER_CUBIC)",
            claim=str(CUBIC),
            verdict="diverges",
            gain=0.09,
            grey_levels=11.5,
            pixels_moved=0.0,
            n_in=8,
            n_out=12,
            explanation="opencv uses a = -1/2.",
        ),
        PairComparison(
            a="torch interpolate(mode=bilinear, align_corners=False)",
            b="keras ops.image.resize()",
            claim=str(LINEAR),
            verdict="not installed",
        ),
        DefaultCall(
            framework="torch",
            operation="torch interpolate(x, size)",
            call="F.interpolate(x, size=(h, w))",
            identified=str(NEAREST),
            claim=str(NEAREST),
            convention=NEAREST.as_dict(),
            evidence="1024 of 1024 pairs exact.",
        ),
        DefaultCall(
            framework="opencv",
            operation="opencv resize(x, size)",
            call="cv2.resize(x, (w, h))",
            identified=str(LINEAR),
            claim=str(LINEAR),
            convention=LINEAR.as_dict(),
            evidence="1024 of 1024 pairs within rounding.",
        ),
        DefaultCall(
            framework="tensorflow",
            operation="tensorflow image.resize(x, size)",
            call="tf.image.resize(x, (h, w))",
            nearest=str(LINEAR),
            evidence="Off by 0.1 when shrinking.",
        ),
        *entries(),
    ]


def test_the_sample_has_every_verdict_and_every_type() -> None:
    """Otherwise the tests that use it would leave some unseen."""
    records = samples()
    assert {record.type for record in records} == {"run", "finding", "equivalence_class", "pair", "default", "defect"}
    verdicts = {record.verdict for record in records if isinstance(record, Finding)}
    assert verdicts == {"exact", "agrees", "approximates", "ties", "diverges", "unsupported", "error", "not installed"}
