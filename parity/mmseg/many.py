"""Audits many configs, in several processes, and counts what they use."""

from __future__ import annotations

import importlib.util
import os
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from parity.mmseg.audit import Audit, audit
from parity.mmseg.read import NoMmengine, read
from parity.mmseg.values import Unreadable

CONFIGS = Path(".mim") / "configs"
# Below this, starting processes takes longer than the reading.
_FEW = 16


class NoMmseg(Exception):
    """mmsegmentation, whose configs were asked for, is not installed."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A config that could not be read; ``message`` begins with the file and the line."""

    file: Path
    message: str


def shipped() -> list[Path]:
    """Every config that the installed mmsegmentation ships, sorted; raises ``NoMmseg``. Imports nothing."""
    package = importlib.util.find_spec("mmseg")
    folders = package.submodule_search_locations if package is not None else []
    found = sorted(file for folder in folders or [] for file in (Path(folder) / CONFIGS).rglob("*.py"))
    if not found:
        raise NoMmseg("mmsegmentation, which ships the configs, is not installed; tox run -e mmseg installs it")
    return found


def audit_file(file: str | Path) -> Audit | Failure:
    """One config; a failure to read it is an answer as well. Raises ``NoMmengine``."""
    try:
        return audit(read(file))
    except Unreadable as error:
        return Failure(Path(os.path.abspath(file)), str(error))


def audit_all(files: Iterable[str | Path]) -> list[Audit | Failure]:
    """Every config, in order; mmengine's reading takes most of the time, so many are shared between processes."""
    files = list(files)
    workers = min(os.cpu_count() or 1, 8)
    if len(files) <= _FEW or workers == 1:
        return [audit_file(file) for file in files]
    if importlib.util.find_spec("mmengine") is None:
        raise NoMmengine("mmengine, which reads these configs, is not installed; tox run -e mmseg installs it")
    # A fresh process each: a fork of one that has threads, as pytest's workers may, can hang.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return list(pool.map(audit_file, files, chunksize=16))


@dataclass(frozen=True, slots=True)
class Use:
    """One row of the table: how many whole configs go by a setting, with a crop, with a decode head."""

    align_corners: object
    crop: str
    head: str


def uses(audits: Iterable[Audit]) -> Counter[Use]:
    """What whole configs use; the setting and the head are those that decide in testing."""
    found: Counter[Use] = Counter()
    for one in audits:
        if one.kind == "config" and one.deciding is not None:
            crop = str(one.crops[0]) if one.crops else "none"
            found[Use(one.deciding.align_corners, crop, one.deciding.type)] += 1
    return found
