"""Run calls in a subprocess with time and memory limits, so that a crash or a hang is reported as a result."""

from __future__ import annotations

import atexit
import io
import pickle
import resource
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from halfpixel import adapters
from halfpixel.adapters import NotInstalled, Operation
from halfpixel.adapters.subprocess_runner import Environment, WorkerDied, WorkerProcess
from halfpixel.golden.vocabulary import Cause

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
class ProcessDeath:
    """How the process ended, instead of an answer.

    factor
        ``Cause.CRASH`` or ``Cause.TIME_LIMIT``.
    how
        The signal or exit status, in words.
    case
        The last case announced by :func:`begin_case`; ``None`` when no case had begun.
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
class _SandboxRequest:
    """A function of an importable module, its arguments, and the limits of each case."""

    function: Callable[..., object]
    arguments: tuple[object, ...]
    cpu_seconds: float
    wall_seconds: float
    memory: int


def run_sandboxed(
    function: Callable[..., object],
    *arguments: object,
    cpu_seconds: float = CPU_SECONDS,
    wall_seconds: float = WALL_SECONDS,
    memory: int = _MEMORY,
) -> object:
    """``function(*arguments)`` in a process of its own, or the :class:`ProcessDeath` that ended it.

    The process has the environment that the frameworks of the operations among the arguments need. It starts at the
    first call, stays for further ones, and is started again after a death, or for another environment. ``function`` and
    the arguments are sent by name or by value: operations of the registry by their id, anything else as ``pickle``
    does. The limits hold for each case, which the function announces by :func:`begin_case`. Raises ``NotInstalled`` as
    the function does, ``RuntimeError`` with the text of the traceback for any other exception of it, and ``ValueError``
    for arguments that cannot be sent.
    """
    request = _packed(_SandboxRequest(function, arguments, cpu_seconds, wall_seconds, memory))
    environment = _environment(arguments)
    if environment not in _processes:
        stop()
        _processes[environment] = WorkerProcess(__name__, dict(environment))
    process, case, patience = _processes[environment], None, _PREPARATION
    try:
        process.send(request)
        while True:
            # The process limits itself; this is for one that cannot, with its signals blocked.
            kind, content = pickle.loads(process.receive(patience + 5))
            if kind != "case":
                break
            case, patience = content, wall_seconds
    except WorkerDied as death:
        del _processes[environment]
        return _process_death(death, case)
    if kind == "not installed":
        raise NotInstalled(content)
    if kind == "raised":
        raise RuntimeError(f"the function raised in its subprocess:\n{content}")
    return content


def begin_case(case: object) -> None:
    """Announce in the sandbox that a case begins: its limits start anew. Elsewhere this does nothing.

    ``case`` must be picklable: :attr:`ProcessDeath.case` is that case when the process dies of it.
    """
    if _worker is not None:
        _worker.begin_case(case)


_processes: dict[Environment, WorkerProcess] = {}
"""One at most: each holds frameworks, and calls in one environment come one after the other."""


@atexit.register
def stop() -> None:
    """End the process, if there is one; the next call of :func:`run_sandboxed` starts another."""
    while _processes:
        _processes.popitem()[1].kill()


def _process_death(death: WorkerDied, case: object) -> ProcessDeath:
    status, last_line = death.returncode, death.last_line
    if -status in _LIMIT_SIGNALS:
        return ProcessDeath(Cause.TIME_LIMIT, "did not return within its time limit", case, last_line)
    if status < 0:
        ended = "crashed" if -status != signal.SIGKILL else "was killed, as when memory runs out"
        return ProcessDeath(Cause.CRASH, f"{ended} ({signal.Signals(-status).name})", case, last_line)
    return ProcessDeath(Cause.CRASH, f"ended the process (exit status {status})", case, last_line)


def _environment(arguments: tuple[object, ...]) -> Environment:
    """The environment variables that the frameworks of these operations need."""
    calls = [argument.call for argument in arguments if isinstance(argument, Operation) and argument.call is not None]
    return tuple(sorted({variable for call in calls for variable in call.framework.environment}))


class _Worker:
    """The sandbox's end."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.send = send
        self.request: _SandboxRequest | None = None

    def begin_case(self, case: object) -> None:
        if self.request is None:
            return
        self.send(pickle.dumps(("case", case)))
        # Their default action ends the process, whatever native code holds the interpreter; so the process cannot
        # outlive a parent that died during a hang, either.
        signal.setitimer(signal.ITIMER_PROF, self.request.cpu_seconds)
        signal.setitimer(signal.ITIMER_REAL, self.request.wall_seconds)
        _limit_memory(self.request.memory)

    def answer(self, packed: bytes) -> None:
        """Send what the requested function returns, or raises."""
        try:
            reply = _packed(self._run(packed))
        except ValueError as unpicklable:
            reply = pickle.dumps(("raised", str(unpicklable)))
        self.send(reply)

    def _run(self, packed: bytes) -> tuple[str, object]:
        try:
            request = _unpacked(packed)
            assert isinstance(request, _SandboxRequest)
            self.request = request
            return "answer", request.function(*request.arguments)
        except NotInstalled as absent:
            return "not installed", str(absent)
        except Exception:
            return "raised", traceback.format_exc()
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
            _limit_memory(None)


_worker: _Worker | None = None


def start_worker(send: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """The sandbox's end, as :class:`WorkerProcess` starts it."""
    global _worker
    _worker = _Worker(send)
    return _worker.answer


def _limit_memory(n_bytes: int | None) -> None:
    """Let the address space grow by ``n_bytes`` from its present size; ``None`` lifts the limit.

    A limit from the start would have to allow for memory that frameworks reserve and never touch. Where the system does
    not report the size of the address space, there is no limit.
    """
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = hard if n_bytes is None else int(statm.read_text().split()[0]) * resource.getpagesize() + n_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


class _Pickler(pickle.Pickler):
    """Sends operations of the registry by their id, so that their functions need not be picklable."""

    def persistent_id(self, obj: object) -> tuple[str, str] | None:
        if not isinstance(obj, Operation) or obj.framework not in adapters.frameworks():
            return None
        # Another variant of an operation, or a fake under its name, is another call.
        is_listed = any(known.id == obj.id and known.run == obj.run for known in adapters.operations(obj.framework))
        return (obj.framework, obj.id) if is_listed else None


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, pid: tuple[str, str]) -> Operation:
        framework, operation_id = pid
        return next(known for known in adapters.operations(framework) if known.id == operation_id)


def _packed(content: object) -> bytes:
    buffer = io.BytesIO()
    try:
        _Pickler(buffer).dump(content)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ValueError(f"cannot be sent to another process: {error}") from error
    return buffer.getvalue()


def _unpacked(message: bytes) -> object:
    return _Unpickler(io.BytesIO(message)).load()
