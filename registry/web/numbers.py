"""Numbers as people write them."""

from __future__ import annotations


def written(value: float | str | None, tongue: str, places: int = 0) -> str:
    """A number with so many decimal places, and its thousands apart: 12.345,6 in German, 12,345.6 in English.

    What is no number, as a value of a source may be, stays as it is.
    """
    try:
        text = f"{float('' if value is None else value):,.{places}f}"
    except ValueError:
        return "" if value is None else str(value)
    return text.translate(str.maketrans(",.", ".,")) if tongue == "de" else text
