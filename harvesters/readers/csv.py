"""Read records from a table: CSV, TSV or XLSX, in whatever dialect and encoding it comes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urldefrag

from harvesters.fetch import Response
from harvesters.readers.delimited import split
from harvesters.readers.document import Location
from harvesters.readers.options import Options
from harvesters.readers.recording import OWN_NAME, Recording
from harvesters.readers.spreadsheet import sheet_rows
from harvesters.readers.table import Row, named_rows
from harvesters.reading import Context, Item, Partial, SourceFailed, Unreadable

_ODDITIES_TOLD = 20  # one by one; a whole column of them is told as a number
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


def read(options: Mapping[str, Any], context: Context) -> Iterator[Item]:
    """One raw record per row; its data has the column names as keys, empty cells left out.

    Cells of CSV are texts; those of XLSX may be numbers, and dates are ISO 8601 texts. `page`, unless a template is
    given, is the document with what finds the row in it, `orte.csv#nr=591`: the number of a row is no address, as it
    changes with every row above it.

    Options:
        url or file, headers, robots: where the table is.
        key, page, modified, licence, withdrawn, leave_out: see `Recording`; places are column names.
        columns: names of columns that must be there besides those of `key`; without one of them the reading fails.
        delimiter: one character, found out unless given. sheet: name of the worksheet, the first unless given.
        header_rows: lines of the header, 1 unless given; names that stand above each other are joined by a blank.
    """
    settings = Options("csv", options)
    location, recording, dialect = Location.of(settings), Recording.of(settings), _Dialect.of(settings)
    key_columns = [place for place in recording.key.places if place != OWN_NAME]
    needed = tuple(dict.fromkeys([*key_columns, *settings.texts("columns")]))
    header_rows = settings.whole("header_rows", 1)
    settings.done()
    sheet = f"sheet={quote(dialect.sheet, safe='')}&" if dialect.sheet else ""
    answer = location.get(context.fetch, accept="text/csv, text/tab-separated-values, */*;q=0.5")
    table = _rows(answer, dialect, needed, context)
    if table.doubt is not None:
        yield Partial(table.doubt)
    odd = repeated = 0
    for row in named_rows(table.rows, answer.url, needed=needed, header_rows=header_rows):
        for oddity in row.oddities:
            odd += 1
            if odd <= _ODDITIES_TOLD:
                yield oddity
        repeated += row.repeats_header
        if row.cells is not None:
            base = location.base and f"{urldefrag(location.base).url}#{sheet}{recording.fragment(row.cells)}"
            yield recording.item(row.cells, base=base, where=f"row {row.number}")
    if odd > _ODDITIES_TOLD:
        more = odd - _ODDITIES_TOLD
        reason, german = "more rows or cells could not be read", "weitere Zeilen oder Zellen waren nicht lesbar"
        yield Unreadable(None, f"{more} {reason}", answer.url, f"{more} {german}")
    if repeated:
        context.notes(f"{answer.url}: {repeated} rows repeat the header and were left out")


@dataclass(frozen=True)
class _Dialect:
    delimiter: str | None
    sheet: str | None

    @classmethod
    def of(cls, options: Options) -> _Dialect:
        delimiter = options.text("delimiter")
        if delimiter is not None and len(delimiter) != 1:
            raise options.wrong("delimiter", "must be one character")
        return cls(delimiter, options.text("sheet"))


@dataclass(frozen=True)
class _Rows:
    rows: Iterator[Row]
    doubt: str | None = None


def _rows(answer: Response, dialect: _Dialect, needed: tuple[str, ...], context: Context) -> _Rows:
    content, name = answer.content, answer.url
    if not content.strip():
        raise SourceFailed(f"{name} is empty; a table has at least a line with the names of its columns")
    if content.startswith(_OLD_EXCEL):
        raise SourceFailed(f"{name} is an old Excel file (.xls); save it as .xlsx or .csv")
    if content.startswith(b"PK\x03\x04"):
        return _Rows(sheet_rows(content, name, dialect.sheet))
    text = answer.text
    if answer.note:
        context.notes(answer.note)
    if text.lstrip("\ufeff \t\r\n").startswith("<"):
        raise SourceFailed(f"{name} answered HTML or XML instead of a table")
    if "\0" in text:
        raise SourceFailed(f"{name} is neither text nor XLSX")
    table = split(text, name, delimiter=dialect.delimiter, needed=needed)
    return _Rows(
        (Row(number, [cell.strip() or None for cell in cells]) for number, cells in enumerate(table.rows, 1)),
        table.doubt,
    )
