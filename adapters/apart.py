"""Runs calls of frameworks that need an environment of their own in a process that has it, one for each environment.

Some frameworks read a setting once, when they are imported (Keras its backend), and some crash in a process that has
imported another. Such a framework names its environment variables in :attr:`adapters.operation.Framework.environment`;
a process where they are set already runs its calls itself.
"""

from __future__ import annotations

import atexit
import importlib
import os
import pickle
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection

from adapters.process import Process

Environment = tuple[tuple[str, str], ...]

_AT_START = dict(os.environ)
"""What a framework imported later will have read: variables that a test sets afterwards change nothing."""

_PATIENCE = 600.0
"""Seconds by the clock that an answer may take, the framework's import included."""

_running: dict[Environment, Process] = {}


def is_elsewhere(environment: Environment) -> bool:
    """Whether this process was started without one of these variables, or with another value of it."""
    return any(_AT_START.get(name) != value for name, value in environment)


def run(environment: Environment, function: Callable, *arguments: object) -> object:
    """``function(*arguments)`` in the process that has ``environment``; all of it must be picklable.

    Raises an exception with the name and the message of what the function raised there; those of ``adapters`` are
    raised as themselves. ``RuntimeError`` when the process ended instead of answering, or did not answer in ten
    minutes; the next call starts another.
    """
    message = pickle.dumps((list(sys.path), function, arguments))
    if environment not in _running:
        _running[environment] = Process(__name__, dict(environment))
    process = _running[environment]
    started = process.written
    try:
        process.to.send_bytes(message)
        if not process.of.poll(_PATIENCE):
            process.process.kill()
        kind, content = pickle.loads(process.of.recv_bytes())
    except (EOFError, OSError):
        raise RuntimeError(_obituary(environment, started)) from None
    if kind == "answer":
        return content
    if isinstance(content, Exception):
        raise content
    name, text = content
    raise type(name, (Exception,), {})(text)


def _obituary(environment: Environment, started: int) -> str:
    process = _running.pop(environment)
    status, last_line = process.process.wait(), process.last_line(started)
    process.end()
    ended = f"exit status {status}" if status >= 0 else signal.Signals(-status).name
    return f"the process it runs in ended ({ended})" + (f": {last_line}" if last_line else "")


def stop() -> None:
    """End all these processes; the next call starts one again."""
    while _running:
        _running.popitem()[1].end()


atexit.register(stop)


def serve(to_read: int, to_write: int) -> None:
    """The other end: answer one message after another until the parent closes the connection, or dies.

    Ends the process without the exit handlers of frameworks, some of which crash.
    """
    of, to = Connection(to_read, writable=False), Connection(to_write, readable=False)
    while True:
        try:
            message = of.recv_bytes()
        except EOFError:
            os._exit(0)
        to.send_bytes(_reply(message))


def _reply(message: bytes) -> bytes:
    try:
        sys.path[:], function, arguments = pickle.loads(message)
        importlib.invalidate_caches()
        return pickle.dumps(("answer", function(*arguments)))
    except Exception as error:
        # The class of a framework's own exception may not exist at the other end.
        is_ours = type(error).__module__.partition(".")[0] in ("adapters", "builtins")
        try:
            return pickle.dumps(("raised", error if is_ours else (type(error).__name__, str(error))))
        except Exception:
            return pickle.dumps(("raised", (type(error).__name__, str(error))))
