"""Escape text from records for pages, terminals and Markdown, and format numbers for people."""

from __future__ import annotations

import math
import re

from markupsafe import Markup

# What is longer than this is no name, and no text, that anybody reads.
LONGEST_NAME = 300
LONGEST_TEXT = 20_000

# Control characters have no glyph, and those that reorder text could make a name read as another.
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def shortened(text: str, longest: int = LONGEST_TEXT) -> str:
    """The text, or its beginning and how much is left out."""
    more = len(text) - longest
    return text if more <= 0 else f"{text[:longest]} … ({more:,} more characters in the records)"


def visible(value: object) -> object:
    """Text with its control, reordering and undecodable characters written as escapes; other values unchanged.

    What is far too long to be read is cut; markup of our own is not.
    """
    if not isinstance(value, str):
        return value
    if not isinstance(value, Markup):
        value = shortened(value)
    if not _INVISIBLE.search(value):
        return value
    shown = _INVISIBLE.sub(lambda match: f"\\u{ord(match[0]):04x}", value)
    return Markup(shown) if isinstance(value, Markup) else shown


def number(value: float | None, digits: int = 3) -> str:
    """A number for people: ``digits`` significant digits, a real minus sign, a dash for ``None``."""
    if value is None:
        return "–"
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    if value and not 1e-4 <= abs(value) < 1e6:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}".replace("-", "−")
    return f"{value:.{digits}g}".replace("-", "−") if abs(value) < 10**digits else f"{value:,.0f}".replace("-", "−")


def is_link(url: str) -> bool:
    """Whether a page may link there: only ``https://`` and ``http://``, never a scheme that runs something."""
    return re.match(r"https?://[^\s]+\Z", url, re.IGNORECASE) is not None


def breakable(text: str) -> Markup:
    """Text that may break after ``_``, ``=``, ``/``, ``.``, ``,`` and ``(``, so that long names fit a phone."""
    return Markup("").join(
        part if not sign else Markup("{}<wbr>").format(part + sign)
        for part, sign in re.findall(r"([^_=/.,(]*)([_=/.,(]|\Z)", str(visible(shortened(text, LONGEST_NAME))))
        if part or sign
    )


def single_line(text: object, longest: int, tail: int = 0) -> str:
    """One visible line of at most ``longest`` characters.

    What is longer is cut at its end, or before its last ``tail`` characters, which are then kept.
    """
    whole = str(text)
    if len(whole) > 8 * longest:
        whole = whole[: 4 * longest] + whole[-4 * longest :]
    line = " ".join(str(visible(whole)).split())
    if len(line) <= longest:
        return line
    return f"{line[: longest - tail - 5]} ... {line[-tail:]}" if tail else f"{line[: longest - 1].rstrip()}…"


LONGEST_LINE = 1000


def one_line(text: str) -> str:
    """A line of output: columns keep their spaces; the middle is left out of what is very long."""
    if len(text) > LONGEST_LINE:
        return single_line(text, LONGEST_LINE, LONGEST_LINE // 2)
    return " ".join(str(visible(text)).splitlines())


LONGEST_CODE = 140
"""Characters of a name or an answer in a code span."""


def code_span(text: str, longest: int = LONGEST_CODE) -> str:
    """Text out of records as a code span that nothing in it can end: no markup, no mention, no link, no new cell."""
    shown = single_line(text, longest, tail=19)
    # A backslash before the sign would escape the escape, and let the sign end the cell.
    shown = re.sub(r"\\+\|", lambda found: found[0][:-1] + " |", shown).replace("|", r"\|")
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    space = " " if not shown or shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{space}{shown or '(nothing)'}{space}{fence}"


def escape_markdown(text: str) -> str:
    """Text as Markdown that shows it and does nothing: no markup, no table cell, no link, no mention."""
    shown = " ".join(shortened(str(visible(text)), 1000).split())
    shown = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    shown = re.sub(r"([\\`*_\[\]|~$!])", r"\\\1", shown)
    # A space of no width: what follows names nobody and no issue, and an address stays text.
    return re.sub(r"[@#]|(?<=https):|(?<=http):|(?<=www)\.", r"\g<0>&#8203;", shown, flags=re.IGNORECASE)
