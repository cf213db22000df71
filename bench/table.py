"""Rows of dictionaries as aligned text."""

from __future__ import annotations


def table(title: str, rows: list[dict[str, object]]) -> str:
    """``rows`` under the keys of the first; numbers to the right, floats with two decimals."""
    cells = [[_text(value) for value in row.values()] for row in rows]
    heads = list(rows[0])
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    is_number = [isinstance(value, int | float) for value in rows[0].values()]

    def line(texts: list[str]) -> str:
        padded = zip(texts, widths, is_number, strict=True)
        return "  ".join(text.rjust(width) if right else text.ljust(width) for text, width, right in padded).rstrip()

    return "\n".join([title, line(heads), "  ".join("-" * width for width in widths), *map(line, cells)]) + "\n"


def _text(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)
