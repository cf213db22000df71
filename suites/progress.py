"""Count the questions of a run: how many there are, which came to their end, and why the others did not."""

from __future__ import annotations

import hashlib
import signal
from collections import Counter
from collections.abc import Generator, Iterable
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

SUITES = Path(__file__).resolve().parent
WORKER_COUNTS_KEY = "halfpixel_tests"
_NAMES = frozenset(entry.name for entry in SUITES.iterdir() if entry.is_dir() and not entry.name.startswith("_"))


def suite_of(path: str) -> str:
    """The suite that a file, or the id of a test, belongs to; empty for what is no question of a suite."""
    parts = path.partition("::")[0].replace("\\", "/").split("/")
    names = (name for folder, name in pairwise(parts[:-1]) if folder == "suites" and name in _NAMES)
    return next(names, "")


class Progress:
    """A pytest plugin that counts questions, in this process or in its workers.

    ``questions`` are the ids of the tests that this process and its workers ask, ``ended`` those that came to their
    end, and ``reason`` is why the others did not. Where pytest-split runs a part of the suites, ``of`` is how many
    tests there are in all, and ``digest`` is made from all their ids: shards belong together when theirs are equal.
    ``keeps`` is whether any test of the whole run keeps records: then the shard has a file even where no test fell to
    it, so as not to be missing.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.group, self.splits = config.getoption("group", None), config.getoption("splits", None)
        self.questions: set[str] = set()
        self.ended: set[str] = set()
        self.reason = ""
        self.tests = self.of = 0
        self.digest = ""
        self.keeps = False

    @property
    def is_one(self) -> bool:
        """Whether the run is split at all."""
        return self.splits is not None

    @property
    def options(self) -> dict[str, Any]:
        """The options of the run header about the shard; none where the run is whole."""
        if not self.is_one:
            return {}
        return {"shard": f"{self.group}/{self.splits}", "tests_of": self.of, "tests_digest": self.digest}

    @property
    def not_answered(self) -> dict[str, int]:
        """How many questions of each suite did not come to their end."""
        return dict(sorted(Counter(map(suite_of, self.questions - self.ended)).items()))

    @property
    def cut_short(self) -> str:
        """Why questions were not answered; empty where all were."""
        return (self.reason or "the run ended early") if self.not_answered else ""

    def resume(self, answered: Iterable[str]) -> None:
        """Count questions that an earlier run answered."""
        self.questions.update(answered)
        self.ended.update(answered)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """After ``-k`` and the like have chosen, and before pytest-split does: it registers later, and comes last."""
        self.of = len(items)
        self.keeps = self.is_one and any("keep" in getattr(item, "fixturenames", ()) for item in items)
        self.digest = hashlib.sha256("\n".join(sorted(item.nodeid for item in items)).encode()).hexdigest()[:16]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Count the questions that are left after all choices."""
        self._count(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Every worker collects all that the shard asks, so one is as good as another."""
        self._count(ids)

    def _count(self, ids: Iterable[str]) -> None:
        listed = list(ids)
        self.tests = max(self.tests, len(listed))
        self.questions.update(filter(suite_of, listed))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test whose process dies has no end."""
        if report.when == "teardown":
            self.ended.add(report.nodeid)

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """A run that is told to end ends as one that is interrupted, with what it has."""
        if not hasattr(session.config, "workerinput"):
            signal.signal(signal.SIGTERM, _interrupt)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Ctrl-C, and what ends a run like it."""
        self.reason = str(excinfo.value) or "interrupted"

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str) -> None:
        """A worker's process died; pytest-xdist starts another one, which does not ask the question again."""
        self.reason = self.reason or f"a worker died at {crashitem}"

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None]:
        """A worker tells its controller; and a shard to which no test fell is done, not in error.

        Before any other plugin is asked, for those write what is known by then.
        """
        self.reason = self.reason or str(session.shouldfail or session.shouldstop or "")
        carried = getattr(session.config, "workeroutput", None)
        if carried is not None:
            carried[WORKER_COUNTS_KEY] = (self.of, self.digest, self.keeps)
        elif self.is_one and self.of and not self.tests:
            session.exitstatus = pytest.ExitCode.OK
        yield

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take the counts that only a worker has."""
        carried = getattr(node, "workeroutput", {}).get(WORKER_COUNTS_KEY)
        if carried is not None:
            self.of, self.digest, self.keeps = carried


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt(f"stopped by {signal.Signals(number).name}")
