"""Asks questions in a process of its own, where a crash, a hang or exhausted memory is an answer and not the end."""

from __future__ import annotations

import atexit
import importlib
import io
import os
import pickle
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import adapters
from adapters import NotInstalled, Operation
from adapters.apart import Environment
from adapters.process import Process

CPU_SECONDS = 5.0
"""Default processor time of a case. Processor time, and not the clock, decides: a busy machine makes nothing hang."""

WALL_SECONDS = 60.0
"""Default time of a case by the clock, for what waits for ever without computing."""

_PREPARATION = 600.0
"""Seconds by the clock until the first case begins: importing a framework on a busy machine."""

_MEMORY = 4 << 30
"""Default bytes of address space that a case may add to what the process had when the case began."""

_LIMIT_SIGNALS = (signal.SIGPROF, signal.SIGALRM, signal.SIGXCPU)


@dataclass(frozen=True, slots=True)
class Death:
    """How the process ended, instead of an answer.

    factor
        ``crash`` or ``time limit``, as in ``probe.discrepancy.FACTORS``.
    how
        The signal or exit status, in words.
    case
        What :func:`begin` was last told; ``None`` when no case had begun.
    last_line
        The last line that the process wrote to its output, as native code does before it aborts; may be empty.
    """

    factor: str
    how: str
    case: object
    last_line: str

    def __str__(self) -> str:
        return f"{self.how}: {self.last_line}" if self.last_line else self.how


@dataclass(frozen=True, slots=True)
class _Call:
    """What is sent: a function of an importable module, its arguments, and the limits of each case."""

    function: Callable
    arguments: tuple
    cpu_seconds: float
    wall_seconds: float
    memory: int


def ask(
    function: Callable,
    *arguments: object,
    cpu_seconds: float = CPU_SECONDS,
    wall_seconds: float = WALL_SECONDS,
    memory: int = _MEMORY,
) -> object:
    """``function(*arguments)`` in a companion of this process, or the :class:`Death` it met there.

    It has the environment that frameworks of the operations among the arguments need. It is started on the first
    question, stays for further ones, and is started again after a death, or for another environment. ``function`` and
    the arguments are sent by name or by value: operations of the registry by their id, anything else as ``pickle``
    does. The limits hold for each case, which the function announces by :func:`begin`. What the function raises is
    raised here: ``NotInstalled`` as such, anything else as ``RuntimeError`` with the text of the traceback. Raises
    ``ValueError`` for what cannot be sent.
    """
    call = _packed(_Call(function, arguments, cpu_seconds, wall_seconds, memory))
    # Modules may be found in places that were not known yet when the companion started.
    message = pickle.dumps((list(sys.path), call))
    return _companion(_environment(arguments)).ask(message, wall_seconds)


def begin(case: object) -> None:
    """Say in the companion process that a case begins: its limits start anew. Elsewhere this does nothing.

    ``case`` must be picklable: it is what :attr:`Death.case` names when the process dies of it.
    """
    if _serving is not None:
        _serving.begin(case)


def stop() -> None:
    """End the companion process, if there is one; the next question starts another."""
    while _running:
        _running.popitem()[1].process.end()


class _Companion:
    """The parent's end, with what to make of an end that is no answer."""

    def __init__(self, environment: Environment) -> None:
        self.process = Process(__name__, dict(environment))

    def ask(self, message: bytes, wall_seconds: float) -> object:
        started = self.process.written
        case, patience = None, _PREPARATION
        try:
            self.process.to.send_bytes(message)
            while True:
                # The process limits itself; this is for one that cannot, with its signals blocked.
                if not self.process.of.poll(patience + 5):
                    self.process.process.kill()
                kind, content = pickle.loads(self.process.of.recv_bytes())
                if kind == "case":
                    case, patience = content, wall_seconds
                else:
                    break
        except (EOFError, OSError):
            return self._death(case, started)
        if kind == "not installed":
            raise NotInstalled(content)
        if kind == "raised":
            raise RuntimeError(f"a question failed in the process it was asked in:\n{content}")
        return content

    def _death(self, case: object, started: int) -> Death:
        status = self.process.process.wait()
        last_line = self.process.last_line(started)
        _running.pop(next(environment for environment, one in _running.items() if one is self)).process.end()
        if -status in _LIMIT_SIGNALS:
            return Death("time limit", "did not return within its time limit", case, last_line)
        if status < 0:
            ended = "crashed" if -status != signal.SIGKILL else "was killed, as when memory runs out"
            return Death("crash", f"{ended} ({signal.Signals(-status).name})", case, last_line)
        return Death("crash", f"ended the process (exit status {status})", case, last_line)


_running: dict[Environment, _Companion] = {}
"""One at most: each holds frameworks, and questions about one environment come one after the other."""


def _companion(environment: Environment) -> _Companion:
    if environment not in _running:
        stop()
        _running[environment] = _Companion(environment)
    return _running[environment]


def _environment(arguments: tuple) -> Environment:
    """What the frameworks of these operations need to have set."""
    calls = [one.call for one in arguments if isinstance(one, Operation) and one.call is not None]
    return tuple(sorted({variable for call in calls for variable in call.framework.environment}))


atexit.register(stop)


class _Server:
    """The companion's end: runs one question after another until the parent closes the connection, or dies."""

    def __init__(self, to_read: int, to_write: int) -> None:
        self.of = Connection(to_read, writable=False)
        self.to = Connection(to_write, readable=False)
        self.limits: _Call | None = None

    def begin(self, case: object) -> None:
        self.to.send_bytes(pickle.dumps(("case", case)))
        # Their default action ends the process, whatever native code holds the interpreter; so the process cannot
        # outlive a parent that died during a hang, either.
        signal.setitimer(signal.ITIMER_PROF, self.limits.cpu_seconds)
        signal.setitimer(signal.ITIMER_REAL, self.limits.wall_seconds)
        _allow(self.limits.memory)

    def answer(self, message: bytes) -> tuple[str, object]:
        try:
            sys.path[:], call = pickle.loads(message)
            importlib.invalidate_caches()
            self.limits = _unpacked(call)
            return "answer", self.limits.function(*self.limits.arguments)
        except NotInstalled as absent:
            return "not installed", str(absent)
        except Exception:
            return "raised", traceback.format_exc()
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
            _allow(None)

    def run(self) -> None:
        while True:
            try:
                message = self.of.recv_bytes()
            except EOFError:
                return
            try:
                reply = _packed(self.answer(message))
            except ValueError as unpicklable:
                reply = pickle.dumps(("raised", str(unpicklable)))
            self.to.send_bytes(reply)


_serving: _Server | None = None


def serve(to_read: int, to_write: int) -> None:
    """Run the companion's end on its two file descriptors; what the process prints goes to the parent's file.

    Ends the process without the exit handlers of frameworks, some of which crash.
    """
    global _serving
    _serving = _Server(to_read, to_write)
    _serving.run()
    os._exit(0)


def _allow(more: int | None) -> None:
    """Let the address space grow by so many bytes from what it is now; ``None`` lifts the limit.

    A limit from the start would have to allow for what frameworks reserve and never touch. Where the system does not
    tell the size of the address space, there is no limit.
    """
    size = Path("/proc/self/statm")
    if not size.exists():
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = hard if more is None else int(size.read_text().split()[0]) * resource.getpagesize() + more
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


class _Pickler(pickle.Pickler):
    """Sends operations of the registry by their id; their functions need not be picklable then."""

    def persistent_id(self, obj: object) -> tuple[str, str] | None:
        if not isinstance(obj, Operation) or obj.framework not in adapters.frameworks():
            return None
        # Another variant of an operation, or a fake under its name, is another call.
        listed = any(each.id == obj.id and each.run == obj.run for each in adapters.operations(obj.framework))
        return (obj.framework, obj.id) if listed else None


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, pid: tuple[str, str]) -> Operation:
        framework, identity = pid
        return next(each for each in adapters.operations(framework) if each.id == identity)


def _packed(content: object) -> bytes:
    buffer = io.BytesIO()
    try:
        _Pickler(buffer).dump(content)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ValueError(f"cannot be sent to another process: {error}") from error
    return buffer.getvalue()


def _unpacked(message: bytes) -> object:
    return _Unpickler(io.BytesIO(message)).load()
