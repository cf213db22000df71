"""Values that the page carries small: JSON, gzip, base64, until a view asks for them with ``halfpixel.unpack``."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping

from markupsafe import Markup


def pack(value: object) -> str:
    """The value as base64 of gzipped JSON, the same text for the same value; raises ``ValueError`` for NaN or ∞."""
    # No time stamp: two pages of the same records are the same bytes. ASCII keeps halves of characters apart.
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode("ascii"), compresslevel=9, mtime=0)).decode("ascii")


def scripts(values: Mapping[str, object]) -> Markup:
    """An element ``packed-NAME`` for each value; a browser leaves elements of this type alone."""
    element = Markup('<script type="application/octet-stream" id="packed-{}">{}</script>\n')
    return Markup("").join(element.format(name, pack(value)) for name, value in values.items())
