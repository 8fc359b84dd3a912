"""Rows under a header: where the header is, what the columns are called, and which rows are records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from harvesters.reading import SourceFailed, Unreadable

Cell = Any  # text, whole number, number, truth value or None for an empty cell

# A title, a date and an empty line may stand above the header; no more than a screen of them.
_HEADER_WITHIN = 25


@dataclass(frozen=True)
class Row:
    """One row; `number` counts from 1, `oddities` are what in it could not be read.

    `across` are the cells as a header reads them: what is merged over several columns stands in each of them.
    """

    number: int
    cells: Sequence[Cell]
    oddities: Sequence[Unreadable] = ()
    across: Sequence[Cell] | None = None


@dataclass(frozen=True)
class NamedRow:
    """A row below the header: its filled cells by column name, or `None` where it is no record."""

    number: int
    cells: dict[str, Cell] | None
    oddities: Sequence[Unreadable]
    repeats_header: bool = False


@dataclass(frozen=True)
class Header:
    """Names of the columns, and the lines they were made of."""

    columns: list[str]
    lines: list[list[str]]


def named_rows(rows: Iterable[Row], name: str, *, needed: Sequence[str], header_rows: int) -> Iterator[NamedRow]:
    """The rows below the header, which is the first place where all needed columns are named.

    Raises SourceFailed when there is no such place, naming the columns that are missing.
    """
    remaining = iter(rows)
    header = _header(remaining, name, needed, header_rows)
    for row in remaining:
        cells = _trimmed(row.cells)
        if not cells:
            yield NamedRow(row.number, None, row.oddities)
        elif [_name(cell) for cell in cells] in header.lines:
            yield NamedRow(row.number, None, row.oddities, repeats_header=True)
        elif len(cells) > len(header.columns):
            counts = row.number, len(cells), len(header.columns)
            reason = "row {} has {} cells, the header {}; is a cell not quoted?".format(*counts)
            german = "Zeile {} hat {} Zellen, die Kopfzeile {}; fehlen Anführungszeichen?".format(*counts)
            yield NamedRow(row.number, None, [*row.oddities, Unreadable(None, reason, _shown(cells), german)])
        else:
            pairs = zip(header.columns, cells, strict=False)
            named = {column: cell for column, cell in pairs if column and cell is not None}
            yield NamedRow(row.number, named, row.oddities)


def _header(rows: Iterator[Row], name: str, needed: Sequence[str], header_rows: int) -> Header:
    window: list[list[str]] = []
    likeliest: list[str] = []
    for row in rows:
        window.append([_name(cell) for cell in _trimmed(row.across or row.cells)])
        lines = window[-header_rows:]
        columns = _columns(lines)
        if len(lines) == header_rows and columns and set(needed) <= set(columns):
            for column in needed:
                if f"{column} (2)" in columns:
                    raise SourceFailed(f"{name} has the column '{column}' more than once; which one counts?")
            return Header(columns, lines)
        if not likeliest or len(set(needed) & set(columns)) > len(set(needed) & set(likeliest)):
            likeliest = columns
        if len(window) == _HEADER_WITHIN:
            break
    missing = ", ".join(f"'{column}'" for column in needed if column not in likeliest)
    there = ", ".join(f"'{column}'" for column in likeliest if column)[:300] or "nothing"
    raise SourceFailed(f"{name} has no column {missing}; its header seems to be {there}")


def _columns(lines: list[list[str]]) -> list[str]:
    width = max((len(line) for line in lines), default=0)
    names: list[str] = []
    for column in range(width):
        parts = [line[column] for line in lines if column < len(line) and line[column]]
        name = " ".join(dict.fromkeys(parts))
        # Of columns with one name the first keeps it; what is in the others is not lost either.
        number = 1 + sum(1 for earlier in names if earlier == name or earlier.startswith(f"{name} ("))
        names.append(f"{name} ({number})" if name in names else name)
    return names


def _trimmed(cells: Sequence[Cell]) -> list[Cell]:
    kept = list(cells)
    while kept and kept[-1] is None:
        kept.pop()
    return kept


def _name(cell: Cell) -> str:
    return "" if cell is None else " ".join(str(cell).split())


def _shown(cells: Sequence[Cell]) -> str:
    text = " | ".join(_name(cell) for cell in cells)
    return text if len(text) <= 200 else text[:199] + "…"
