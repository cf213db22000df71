"""A Python process beside this one that answers messages over two pipes; what it prints goes to a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from multiprocessing.connection import Connection

import adapters

_BOOTSTRAP = (
    "import importlib, json, sys; settings = json.loads(sys.argv[1]); sys.path[:] = settings['path']; "
    "folders = settings['adapters']; "
    "folders and importlib.import_module('adapters').__path__.extend(folders); "
    "importlib.import_module(settings['module']).serve(*settings['pipes'])"
)


class Process:
    """The process, the connections to it, and the file of its output.

    It runs ``serve(to_read, to_write)`` of ``module`` with its two file descriptors, finds modules where this process
    does, adapters in further folders too, and has ``environment`` set before it imports anything.
    """

    def __init__(self, module: str, environment: Mapping[str, str] | None = None) -> None:
        self.output = tempfile.TemporaryFile()  # noqa: SIM115 (closed by end)
        there, back = os.pipe(), os.pipe()
        pipes = (there[0], back[1])
        _, *folders = map(str, adapters.__path__)  # the first is the package itself, which is found without
        settings = {"path": sys.path, "adapters": folders, "module": module, "pipes": pipes}
        # Warnings would be taken for the last words of native code.
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", _BOOTSTRAP, json.dumps(settings)],
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=subprocess.STDOUT,
            pass_fds=pipes,
            env=os.environ | dict(environment or {}),
        )
        for theirs in pipes:
            os.close(theirs)
        self.to = Connection(there[1], readable=False)
        self.of = Connection(back[0], writable=False)

    @property
    def written(self) -> int:
        """Bytes of output until now."""
        return os.fstat(self.output.fileno()).st_size

    def last_line(self, since: int) -> str:
        """The last line with anything on it that was printed after the first ``since`` bytes of output."""
        size = self.written
        text = os.pread(self.output.fileno(), 4096, max(since, size - 4096)).decode(errors="replace")
        return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")

    def end(self) -> None:
        """Kill it and close everything."""
        for connection in (self.to, self.of):
            connection.close()
        self.process.kill()
        self.process.wait()
        self.output.close()
