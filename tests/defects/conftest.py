"""A catalogue of a made-up framework, in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfpixel.defects.lock import LockedAnswer, lock_of, write_lock

HEAD = """\
framework = "pretend"
project = "Pretend"
package = "numpy"
tracker = "https://example.org/issues"
security = "https://example.org/security"
documentation = "https://example.org/resize"

[releases]
with = "six==1"
"1.9" = "numpy==1"
"2.0" = ""
"""

DEFECT = '''
[[defect]]
id = "sum-of-bytes"
title = "resize adds bytes as bytes, so bright images come out dark"
kind = "silent values"
reach = "default call"
contract = "The page says that pixels are averaged."
contract_source = "https://example.org/resize"
affects = [{ suite = "dtypes", call = "resize(*)", variant = "uint8*", causes = ["saturation"] }]
not_affected = "float32"
first_bad = "2.0"
last_good = "1.9"
upstream = "not reported"
searched = "2026-12-01: resize uint8 overflow"
source = "resize.c, add"
workaround = "Resize as float32."
program = """
import numpy as np
actual = int(np.full(2, 200, np.uint8).sum(dtype=np.uint8) // 2)
expected = 200
print("1.0", "actual", actual, "expected", expected)
"""
'''

OPEN = """
[[defect]]
id = "rounding"
title = "resize truncates bytes"
kind = "unspecified"
reach = "rare size or dtype"
contract = "The page says nothing of rounding."
affects = [{ suite = "dtypes", except_variant = "uint8*", causes = ["rounding"] }]
"""

SATURATED = LockedAnswer("dtypes", "resize(linear)", "uint8", "diverges", ("saturation",), {"any": 200.0})
ROUNDED = LockedAnswer("dtypes", "resize(linear)", "int16", "approximates", ("rounding",), {"any": 1.0})


@pytest.fixture
def ledger(tmp_path: Path):
    """``ledger(text, *answers)``: a folder with this catalogue and, where there are answers, a lock of release 2.0."""

    def made(text: str = HEAD + DEFECT + OPEN, *answers: LockedAnswer) -> Path:
        (tmp_path / "pretend.toml").write_text(text, encoding="utf-8")
        if answers:
            write_lock(lock_of("pretend", "2.0", answers), tmp_path)
        return tmp_path

    return made
