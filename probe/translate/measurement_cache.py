"""Measurements kept in the user's cache folder, so that a question asked again imports and measures nothing."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.golden import Convention
from halfpixel.golden.vocabulary import Verdict
from halfpixel.probe.compare.discrepancy import Attribution, Discrepancy
from halfpixel.probe.compare.measurement_store import Judgement, Store
from halfpixel.probe.compare.packed_matrices import pack_measured
from halfpixel.probe.measure.axis_matrix import AXES, Sweep
from halfpixel.probe.measure.sizes import Pair, SizeSet, affordable

_ROOMS = ("golden", "adapters", "probe")
"""Folders whose code decides what is measured, and what is said of it."""

_SETTINGS = ("OMP_", "MKL_", "OPENBLAS_", "OPENCV_", "TF_", "ONEDNN_", "XLA_", "JAX_", "KERAS_", "ATEN_", "TORCH_")
"""How environment variables begin by which frameworks choose their arithmetic."""

_UNFINISHED = (Verdict.NOT_INSTALLED, Verdict.ERROR)
"""Verdicts that the next try may change although nothing else has: they are not kept."""


def cache_folder() -> Path:
    """The folder of this program in the user's cache, as each system has it; it need not exist."""
    if sys.platform == "win32":
        root = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        root = Path.home() / "Library" / "Caches"
    else:
        root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "halfpixel"


@dataclass(frozen=True, slots=True)
class CachedStore:
    """Judgements at one size set, read from ``folder`` where the same call was measured under the same conditions.

    A measurement is found again only with the same source text of the call, claim, pairs of sizes, processor, settings
    of the frameworks, code of this project, and distributions installed, each by its version and the time it was
    installed. ``is_fresh`` measures anew, and replaces what is kept. What cannot be read or written is measured.
    """

    folder: Path
    sizes: SizeSet
    is_fresh: bool = False

    def judgement(self, operation: Operation) -> Judgement:
        """As :meth:`Store.judgement`."""
        pairs = affordable(operation, self.sizes).pairs
        path = self._path("axes", operation, pairs)
        if path is not None and not self.is_fresh:
            found = _read(path, operation, pairs)
            if found is not None:
                return found
        with tempfile.TemporaryDirectory(prefix="halfpixel-") as folder:
            judgement = Store(Path(folder), self.sizes).judgement(operation)
        if path is not None:
            _keep(path, judgement)
        return judgement

    def answer(self, question: str, operations: tuple[Operation, ...]) -> dict[str, Any] | None:
        """The kept answer to another question about calls; ``None`` where nothing was."""
        path = self._path(question, *operations)
        if path is None or self.is_fresh:
            return None
        try:
            kept: dict[str, Any] = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return kept

    def keep_answer(self, question: str, operations: tuple[Operation, ...], answer: dict[str, Any]) -> None:
        """Keep an answer of plain values."""
        path = self._path(question, *operations)
        if path is not None:
            _write(path.with_suffix(".json"), json.dumps(answer).encode())

    def _path(self, question: str, *about: Operation | tuple[Pair, ...]) -> Path | None:
        """The file of an answer; ``None`` where it is about something that has no source to know it by."""
        key: list[object] = [question, _conditions()]
        for part in about:
            if isinstance(part, Operation):
                if part.call is None and not hasattr(part.run, "convention"):
                    return None
                source = str(part.claim) if part.call is None else part.call.function()
                environment = () if part.call is None else part.call.framework.environment
                key += [part.id, source, str(part.claim), str(environment), part.dtype, part.channels, part.cost]
            else:
                key.append(part)
        return self.folder / f"{hashlib.sha256(repr(key).encode()).hexdigest()}.npz"


@cache
def _conditions() -> str:
    """Everything but the call that a measurement depends on."""
    parts = [platform.platform(), platform.machine(), sys.version, _processor()]
    parts += [f"{name}={value}" for name, value in sorted(os.environ.items()) if name.startswith(_SETTINGS)]
    parts += sorted(_installed())
    root = Path(__file__).resolve().parents[2]
    for room in _ROOMS:
        for file in sorted((root / room).rglob("*.py")):
            parts.append(f"{file.relative_to(root)} {hashlib.sha256(file.read_bytes()).hexdigest()}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _processor() -> str:
    """The features that decide how a processor computes: libraries choose code by the instructions there are."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    kinds = ("model name", "flags", "Features", "CPU implementer", "CPU part")
    return "\n".join(sorted({line for line in lines if line.startswith(kinds)}))


def _installed() -> Iterator[str]:
    """Every distribution by its folder, which has its version in the name, and by when it was written."""
    for folder in dict.fromkeys(sys.path):
        try:
            entries = list(os.scandir(folder or "."))
        except OSError:
            continue
        for entry in entries:
            if entry.name.endswith((".dist-info", ".egg-info")):
                yield f"{entry.path} {entry.stat().st_mtime_ns}"


def _keep(path: Path, judgement: Judgement) -> None:
    discrepancy = judgement.discrepancy
    if discrepancy is not None and discrepancy.verdict in _UNFINISHED:
        return
    attribution = None if discrepancy is None else discrepancy.attribution
    named = None if attribution is None or attribution.convention is None else attribution.convention.as_dict()
    about: dict[str, Any] = {
        "verdict": None if discrepancy is None else str(discrepancy.verdict),
        "refused": [] if discrepancy is None else list(discrepancy.refused),
        "factors": None if attribution is None else list(attribution.factors),
        "explanation": "" if attribution is None else attribution.explanation,
        "convention": named,
        "axes": [],
    }
    arrays: dict[str, np.ndarray] = {}
    for axis in judgement.sweeps:
        if axis.misshapen:
            return
        pairs = tuple(axis.matrices)
        refused = [[*pair, message] for pair, message in axis.refused.items()]
        about["axes"].append({"pairs": pairs, "refused": refused, "skipped": axis.skipped})
        arrays[axis.axis] = pack_measured(axis, pairs) if pairs else np.zeros(0, np.float32)
    with tempfile.TemporaryFile() as file:
        np.savez_compressed(file, about=np.array(json.dumps(about)), **arrays)  # type: ignore[arg-type]
        file.seek(0)
        _write(path, file.read())


def _write(path: Path, content: bytes) -> None:
    """The file appears whole or not at all; a cache that cannot be written costs time alone."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as beside:
            beside.write(content)
        Path(beside.name).replace(path)
    except OSError:
        return


def _read(path: Path, operation: Operation, swept: tuple[Pair, ...]) -> Judgement | None:
    try:
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(str(file["about"]))
            arrays = [file[axis] for axis in AXES[: len(about["axes"])]]
    except (OSError, ValueError, KeyError, BadZipFile, EOFError):
        return None
    sweeps = tuple(
        _sweep(operation, name, kept, values) for name, kept, values in zip(AXES, about["axes"], arrays, strict=False)
    )
    if about["verdict"] is None:
        return Judgement(operation, None, sweeps, swept)
    attribution = None
    if about["factors"] is not None:
        named = None if about["convention"] is None else Convention.from_dict(about["convention"])
        attribution = Attribution(tuple(about["factors"]), about["explanation"], named)
    discrepancy = Discrepancy(
        operation.id,
        str(operation.claim),
        Verdict(about["verdict"]),
        refused=tuple((message, count) for message, count in about["refused"]),
        attribution=attribution,
    )
    return Judgement(operation, discrepancy, sweeps, swept)


def _sweep(operation: Operation, axis: str, kept: dict[str, Any], values: np.ndarray) -> Sweep:
    matrices, start = {}, 0
    for n_in, n_out in kept["pairs"]:
        matrices[n_in, n_out] = values[start : start + n_in * n_out].reshape(n_out, n_in)
        start += n_in * n_out
    refused = {(n_in, n_out): message for n_in, n_out, message in kept["refused"]}
    return Sweep(operation, axis, matrices, refused, {}, kept["skipped"])
