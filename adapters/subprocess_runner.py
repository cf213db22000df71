"""Worker processes that answer requests over two pipes, and the functions that run in one for its environment."""

from __future__ import annotations

import atexit
import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

_PACKAGE = __name__.rpartition(".")[0]
_PROGRAM = Path(__file__).with_name("_subprocess_main.py")


class WorkerDied(Exception):
    """The process ended instead of answering, or was killed since it took too long.

    returncode
        The exit status, or the negative number of the signal that ended it.
    last_line
        The last line that it wrote since the request, as native code does before it aborts; may be empty.
    timed_out
        Whether it was killed for the time it took.
    """

    def __init__(self, returncode: int, last_line: str, timed_out: bool = False) -> None:
        self.returncode, self.last_line, self.timed_out = returncode, last_line, timed_out
        if timed_out:
            ending = "no answer in time"
        elif returncode == -signal.SIGKILL:
            ending = "killed, as when memory runs out"
        else:
            ending = f"exit status {returncode}" if returncode >= 0 else signal.Signals(-returncode).name
        super().__init__(f"the subprocess ended ({ending})" + (f": {last_line}" if last_line else ""))


class WorkerProcess:
    """A process that answers requests by ``start_worker`` of ``module``, with ``environment`` set before any import."""

    def __init__(self, module: str, environment: Mapping[str, str] | None = None) -> None:
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 (closed by kill)
        self._output_before_request = 0
        request_pipe, reply_pipe = os.pipe(), os.pipe()
        pipes = (request_pipe[0], reply_pipe[1])
        # The first folder is the package itself, which is found anyway.
        _, *folders = map(str, sys.modules[_PACKAGE].__path__)
        settings = {"path": _search_path(), "adapter_folders": folders, "module": module, "pipes": pipes}
        # Not from the program's own folder, which has modules named like frameworks; and without warnings, which would
        # be taken for the last words of native code.
        self.popen = subprocess.Popen(
            [sys.executable, "-P", "-W", "ignore", str(_PROGRAM), json.dumps(settings)],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            pass_fds=pipes,
            env=os.environ | dict(environment or {}),
        )
        for pipe in pipes:
            os.close(pipe)
        self._requests = Connection(request_pipe[1], readable=False)
        self._replies = Connection(reply_pipe[0], writable=False)

    def send(self, request: bytes) -> None:
        """Hand a request over; raises :class:`WorkerDied`, after which the process is gone."""
        self._output_before_request = self._output_size()
        try:
            self._requests.send_bytes(json.dumps(_search_path()).encode())
            self._requests.send_bytes(request)
        except OSError:
            raise self._death() from None

    def receive(self, seconds: float) -> bytes:
        """The next reply; raises :class:`WorkerDied`, also after ``seconds`` by the clock without one."""
        try:
            if self._replies.poll(seconds):
                return self._replies.recv_bytes()
        except (EOFError, OSError):
            raise self._death() from None
        self.popen.kill()
        raise self._death(timed_out=True)

    def kill(self) -> None:
        """Kill it and close everything."""
        for connection in (self._requests, self._replies):
            connection.close()
        self.popen.kill()
        self.popen.wait()
        self._output.close()

    def _death(self, timed_out: bool = False) -> WorkerDied:
        returncode = self.popen.wait()
        size = self._output_size()
        start = max(self._output_before_request, size - 4096)
        text = os.pread(self._output.fileno(), size - start, start).decode(errors="replace")
        last_line = next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
        self.kill()
        return WorkerDied(returncode, last_line, timed_out)

    def _output_size(self) -> int:
        return os.fstat(self._output.fileno()).st_size


def _search_path() -> list[str]:
    return [str(entry) for entry in sys.path]


Environment = tuple[tuple[str, str], ...]

_INITIAL_ENVIRONMENT = dict(os.environ)
"""What a framework imported later will have read: variables that a test sets afterwards change nothing."""

_TIMEOUT_SECONDS = 600.0
"""Seconds by the clock that an answer may take, the framework's import included."""

_processes: dict[Environment, WorkerProcess] = {}


def needs_subprocess(environment: Environment) -> bool:
    """Whether this process was started without one of these variables, or with another value of it."""
    return any(_INITIAL_ENVIRONMENT.get(name) != value for name, value in environment)


def run_in_subprocess(environment: Environment, function: Callable[..., Any], *arguments: object) -> Any:
    """``function(*arguments)`` in the process that has ``environment``; all of it must be picklable.

    Raises an exception with the name and the message of what the function raised there; those of this package are
    raised as themselves. ``RuntimeError`` when the process ended instead of answering, or did not answer in ten
    minutes; the next call starts another.
    """
    request = pickle.dumps((function, arguments))
    if environment not in _processes:
        _processes[environment] = WorkerProcess(__name__, dict(environment))
    process = _processes[environment]
    try:
        process.send(request)
        kind, content = pickle.loads(process.receive(_TIMEOUT_SECONDS))
    except WorkerDied as death:
        del _processes[environment]
        raise RuntimeError(str(death)) from None
    if kind == "answer":
        return content
    if isinstance(content, Exception):
        raise content
    name, text = content
    raise type(name, (Exception,), {})(text)


@atexit.register
def stop_subprocesses() -> None:
    """End all these processes; the next call starts one again."""
    while _processes:
        _processes.popitem()[1].kill()


def start_worker(send: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """The other end of :func:`run_in_subprocess`."""
    return lambda request: send(_reply(request))


def _reply(request: bytes) -> bytes:
    try:
        function, arguments = pickle.loads(request)
        return pickle.dumps(("answer", function(*arguments)))
    except Exception as error:
        # The class of a framework's own exception may not exist at the other end.
        is_ours = type(error).__module__.partition(".")[0] in ("halfpixel", "builtins")
        try:
            return pickle.dumps(("raised", error if is_ours else (type(error).__name__, str(error))))
        except Exception:
            return pickle.dumps(("raised", (type(error).__name__, str(error))))
