"""Rows of a delimited text, its dialect found out by trying."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from harvesters.reading import SourceFailed

_CANDIDATES = (";", ",", "\t", "|")
_TRIED = 60  # rows that decide
_MOST_CHARACTERS = 1_000_000  # of one cell; Python's own limit is 131,072, and descriptions can be longer

csv.field_size_limit(_MOST_CHARACTERS)


@dataclass(frozen=True)
class Delimited:
    """Rows of cells, empty rows included; `doubt` says why some cells may have been put together wrongly."""

    rows: list[list[str]]
    delimiter: str
    doubt: str | None = None


def split(text: str, name: str, *, delimiter: str | None = None, needed: tuple[str, ...] = ()) -> Delimited:
    """Split a text into rows and cells; quoted cells may hold line breaks.

    `needed` are column names that help to tell the delimiter. Raises SourceFailed for a text cut off inside a cell.
    """
    text = text.removeprefix("\ufeff")
    first, _, rest = text.partition("\n")
    if first.rstrip("\r").lower() in tuple(f"sep={candidate}" for candidate in _CANDIDATES):  # Excel's own hint
        delimiter, text = delimiter or first[4], rest
    chosen = delimiter or _delimiter(text, needed)
    try:
        return Delimited(list(_reader(text, chosen, strict=True)), chosen)
    except csv.Error as error:
        complaint = str(error)
    if "unexpected end of data" in complaint:
        raise SourceFailed(f"{name} ends inside a quoted cell: it is cut off, or a quotation mark is missing")
    if "field larger" in complaint:
        raise SourceFailed(f"{name} has a cell of over {_MOST_CHARACTERS:,} characters: is a quotation mark missing?")
    doubt = f"{name} has misplaced quotation marks ({complaint}); cells may have run together"
    return Delimited(list(_reader(text, chosen, strict=False)), chosen, doubt)


def _reader(text: str, delimiter: str, *, strict: bool) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)


def _delimiter(text: str, needed: tuple[str, ...]) -> str:
    """The candidate that finds the most of the columns we need, then the most even rows, then the most cells."""

    def worth(candidate: str) -> tuple[int, float, int]:
        try:
            rows = [row for row in islice(_reader(text[:500_000], candidate, strict=False), _TRIED) if row]
        except csv.Error:
            return 0, 0.0, 0
        width, count = Counter(len(row) for row in rows).most_common(1)[0] if rows else (0, 0)
        named = max((len(set(needed) & {cell.strip() for cell in row}) for row in rows), default=0)
        return named, count / len(rows) if width > 1 else 0.0, width

    return max(_CANDIDATES, key=worth)
