"""Questions to ask in another process: what ends it, what makes noise in it, what exceeds its limits."""

from __future__ import annotations

import os
import time

import numpy as np

from halfpixel.probe.measure.sandbox import begin_case


def doubled(value: object) -> object:
    """Twice the value."""
    return value * 2


def process() -> int:
    """The id of the process that answers."""
    return os.getpid()


def talks() -> str:
    """Writes to both outputs, as text and below Python, and answers."""
    print("a line of text", flush=True)
    os.write(1, b"\x80\x04 bytes on the first\n")
    os.write(2, b"bytes on the second\n")
    return "heard"


def aborts(case: str) -> None:
    """Begins a case, writes a last line, and aborts."""
    begin_case(case)
    os.write(2, b"first words\nlast words\n\n")
    os.abort()


def leaves(status: int) -> None:
    """Ends the process with an exit status."""
    os._exit(status)


def computes_for_ever(case: str) -> None:
    """Begins a case that takes all of the processor and never ends."""
    begin_case(case)
    while True:
        pass


def waits(case: str, seconds: float) -> str:
    """Begins a case that waits without computing."""
    begin_case(case)
    time.sleep(seconds)
    return "waited"


def works_through(cases: int, seconds: float) -> int:
    """Cases of so much processor time each, every one within its limit and all of them beyond."""
    for case in range(cases):
        begin_case(case)
        until = time.process_time() + seconds
        while time.process_time() < until:
            pass
    return cases


def allocates(size: int) -> str:
    """Asks for memory, and says what came of it."""
    begin_case("an allocation")
    try:
        np.ones(size, dtype=np.uint8)
    except MemoryError:
        return "refused"
    return "granted"


def fails() -> None:
    """Raises what no framework raised."""
    raise LookupError("a fault of the question itself")
