"""Rows of an XLSX worksheet as values: formulas by their stored results, merged cells filled downward."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from xml.parsers.expat import ExpatError, ParserCreate

import openpyxl
from openpyxl.utils import range_boundaries

from harvesters.readers.table import Cell, Row
from harvesters.reading import SourceFailed, Unreadable

_MOST_UNPACKED = 200 * 1024 * 1024
_MOST_CELLS = 5_000_000


def sheet_rows(content: bytes, name: str, sheet: str | None) -> Iterator[Row]:
    """The rows of one worksheet, the first unless named.

    A formula counts by the result that the program stored; without one, or where it is an error, the cell is left out
    and said. A cell merged over several rows fills all of them; one merged over columns stays in the first. A row that
    holds nothing but one text across several columns is a heading and no record.
    Raises SourceFailed for what is no XLSX or is made to do harm.
    """
    has_formulas = _check(content, name)
    values = _sheet(content, name, sheet, results=True)
    formulas = _sheet(content, name, sheet, results=False) if has_formulas else values
    if (values.max_row or 0) * (values.max_column or 0) > _MOST_CELLS:
        raise SourceFailed(f"{name} spreads over more than {_MOST_CELLS:,} cells; remove what lies far from the table")
    merged = _Merged(values)
    for number, (row, written) in enumerate(zip(values.iter_rows(), formulas.iter_rows(), strict=True), 1):
        oddities: list[Unreadable] = []
        cells = [_value(cell, formula, oddities) for cell, formula in zip(row, written, strict=True)]
        cells = [merged.down.get((number, column), cell) for column, cell in enumerate(cells, 1)]
        across = [merged.across.get((number, column), cell) for column, cell in enumerate(cells, 1)]
        filled = [cell for cell in cells if cell is not None]
        if len(filled) == 1 and across.count(filled[0]) > 1:
            reason = f"row {number} is a heading across columns and no record"
            german = f"Zeile {number} ist eine Überschrift über mehrere Spalten und kein Eintrag"
            oddities.append(Unreadable(None, reason, str(filled[0])[:200], german))
            cells = []
        yield Row(number, cells, oddities, across)


def _value(cell: Any, formula: Any, oddities: list[Unreadable]) -> Cell:
    if cell.data_type == "e":
        reason = f"cell {cell.coordinate} holds an error; it is left out"
        german = f"Zelle {cell.coordinate} enthält einen Fehler; sie wird ausgelassen"
        oddities.append(Unreadable(None, reason, str(cell.value), german))
        return None
    if cell.value is None and formula.data_type == "f":
        reason = (
            f"cell {cell.coordinate} holds a formula without a stored result; it is left out"
            " (saving the file in a spreadsheet program stores it)"
        )
        german = (
            f"Zelle {cell.coordinate} enthält eine Formel ohne gespeichertes Ergebnis; sie wird ausgelassen"
            " (Speichern in einem Tabellenprogramm ergänzt es)"
        )
        written = getattr(formula.value, "text", formula.value)  # array formulas are objects
        oddities.append(Unreadable(None, reason, str(written)[:200], german))
    return _plain(cell.value)


class _Merged:
    """Values of merged cells by (row, column): `down` below their first row, `across` right of their first column."""

    def __init__(self, sheet: Any) -> None:
        self.down: dict[tuple[int, int], Cell] = {}
        self.across: dict[tuple[int, int], Cell] = {}
        for merged in sheet.merged_cells.ranges:
            value = _plain(sheet.cell(merged.min_row, merged.min_col).value)
            for row in range(merged.min_row, merged.max_row + 1):
                if row > merged.min_row:
                    self.down[row, merged.min_col] = value
                for column in range(merged.min_col + 1, merged.max_col + 1):
                    self.across[row, column] = value


def _check(content: bytes, name: str) -> bool:
    """Whether there are formulas in a file that may be opened."""
    has_formulas = False
    merged = 0
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            if "[Content_Types].xml" not in packed.namelist():
                raise SourceFailed(f"{name} is a ZIP archive but no XLSX file; unpack it, or give the file itself")
            if sum(part.file_size for part in parts) > _MOST_UNPACKED:
                raise SourceFailed(f"{name} unpacks to more than {_MOST_UNPACKED >> 20} MiB")
            for part in parts:  # of any name: which of them is a worksheet is said inside
                xml = packed.read(part)
                if re.search(rb"<!\s*(DOCTYPE|ENTITY)", xml[:65_536].replace(b"\0", b""), re.IGNORECASE):
                    raise SourceFailed(f"{name} declares XML entities, as no spreadsheet program does; it is not read")
                formulas, cells = _look(xml, name)
                has_formulas, merged = has_formulas or formulas, merged + cells
    # zipfile raises RuntimeError, or a kind of it, for passwords and for ways of packing that it does not know.
    except (zipfile.BadZipFile, RuntimeError, OSError, EOFError, ValueError, zlib.error) as error:
        raise SourceFailed(f"{name} is no readable XLSX file: {error}") from None
    if merged > _MOST_CELLS:  # each becomes an object when the file is opened
        raise SourceFailed(f"{name} has merged more than {_MOST_CELLS:,} cells")
    return has_formulas


def _look(xml: bytes, name: str) -> tuple[bool, int]:
    """Whether a part has formulas, and how many cells it merges; by a parser, for there are many ways to write XML."""
    formulas, merged = False, 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal formulas, merged
        if tag.endswith(" f"):
            formulas = True
        elif tag.endswith(" mergeCell"):
            merged += _area(attributes.get("ref", ""))

    def refuse(*_: object) -> None:
        raise SourceFailed(f"{name} declares XML entities, as no spreadsheet program does; it is not read")

    parser = ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = refuse
    with suppress(ExpatError):  # a picture, or nothing that openpyxl could read either
        parser.Parse(xml, True)
    return formulas, merged


def _area(cells: str) -> int:
    try:
        left, top, right, bottom = range_boundaries(cells)
    except ValueError:  # openpyxl will not understand it either
        return 0
    if not (left and top and right and bottom):  # whole rows or columns
        return _MOST_CELLS + 1
    return max(0, int(right) - int(left) + 1) * max(0, int(bottom) - int(top) + 1)


def _sheet(content: bytes, name: str, sheet: str | None, *, results: bool) -> Any:
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), data_only=results, keep_links=False)
    except Exception as error:  # whatever a file of strange make does to the library
        raise SourceFailed(f"{name} is no readable XLSX file: {type(error).__name__}: {error}") from None
    if sheet is None:
        if not book.worksheets:
            raise SourceFailed(f"{name} has no worksheet")
        return book.worksheets[0]
    if sheet not in [worksheet.title for worksheet in book.worksheets]:
        there = ", ".join(worksheet.title for worksheet in book.worksheets)
        raise SourceFailed(f"{name} has no worksheet '{sheet}'; there are {there}")
    return book[sheet]


def _plain(value: Any) -> Cell:
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return None
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(timespec="seconds")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return str(value)
    return value if value is None or isinstance(value, bool | int) else str(value)
