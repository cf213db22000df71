"""The program of a worker process: hands one request after another to a module. It imports nothing of the package."""

from __future__ import annotations

import importlib
import json
import os
import sys
from multiprocessing.connection import Connection


def main(settings_text: str) -> None:
    """Answer requests until the parent closes the pipe, or dies.

    ``start_worker(send)`` of the module is called once, and returns the function that is given each request. The
    process finds modules where the parent does at the time of the request, and adapters in its further folders. It ends
    without the exit handlers of frameworks, some of which crash.
    """
    settings = json.loads(settings_text)
    sys.path[:] = settings["path"]
    if settings["adapter_folders"]:
        importlib.import_module("halfpixel.adapters").__path__.extend(settings["adapter_folders"])
    request_pipe, reply_pipe = settings["pipes"]
    requests, replies = Connection(request_pipe, writable=False), Connection(reply_pipe, readable=False)
    answer = importlib.import_module(settings["module"]).start_worker(replies.send_bytes)
    while True:
        try:
            path, request = requests.recv_bytes(), requests.recv_bytes()
        except EOFError:
            os._exit(0)
        sys.path[:] = json.loads(path)
        importlib.invalidate_caches()
        answer(request)


if __name__ == "__main__":
    main(sys.argv[1])
