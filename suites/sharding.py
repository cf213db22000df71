"""Count the tests of a shard where pytest-split runs a part of the suites."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

WORKER_COUNTS_KEY = "halfpixel_tests"


class Shard:
    """A pytest plugin that counts the tests before and after they are split, in this process or in its workers.

    ``tests`` is how many of them this shard asks, ``of`` how many there are, and ``digest`` is made from all their ids:
    shards belong together when theirs are equal. ``done`` is how many came to their end. ``keeps`` is whether any test
    of the whole run keeps records: then the shard has a file even where no test fell to it, so as not to be missing.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.group, self.splits = config.getoption("group", None), config.getoption("splits", None)
        self.tests = self.of = self.done = 0
        self.digest = ""
        self.keeps = False

    @property
    def is_one(self) -> bool:
        """Whether the run is split at all."""
        return self.splits is not None

    @property
    def options(self) -> dict[str, Any]:
        """What the run header says of it; nothing where the run is whole."""
        if not self.is_one:
            return {}
        return {
            "shard": f"{self.group}/{self.splits}",
            "tests": self.tests,
            "tests_done": self.done,
            "tests_of": self.of,
            "tests_digest": self.digest,
        }

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """After ``-k`` and the like have chosen, and before pytest-split does: it registers later, and comes last."""
        self.of = len(items)
        self.keeps = self.is_one and any("keep" in getattr(item, "fixturenames", ()) for item in items)
        self.digest = hashlib.sha256("\n".join(sorted(item.nodeid for item in items)).encode()).hexdigest()[:16]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """What is left."""
        self.tests = len(session.items)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A run that is interrupted, or stops at the first failure, has fewer."""
        self.done += report.when == "teardown"

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A worker tells its controller; and a shard to which no test fell is done, not in error."""
        carried = getattr(session.config, "workeroutput", None)
        if carried is not None:
            carried[WORKER_COUNTS_KEY] = (self.tests, self.of, self.digest, self.keeps)
        elif self.is_one and self.of and not self.tests:
            session.exitstatus = pytest.ExitCode.OK

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Every worker collects all that the shard asks, so one is as good as another."""
        carried = getattr(node, "workeroutput", {}).get(WORKER_COUNTS_KEY)
        if carried is not None:
            self.tests, self.of, self.digest, self.keeps = carried
