"""The csv reader: tables as partners really save them."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from harvesters.readers.delimited import split
from harvesters.reading import SourceFailed
from tests.harvesters.readers.harvests import Harvest, harvest
from tests.standins import Reply, StandIn, truncated

HEADER = ["Nr", "Name", "Straße", "Ort"]
ROWS = [
    ["1", "Kulturhaus Beucha", "Dorfstraße 1", "Brandis"],
    ["2", "Alte Rösterei; Grimma", "Lange Str. 2", "Grimma"],
    ["3", 'Haus "Zur Post", Café', "Markt 3\nHinterhaus", "Zeitz"],
]
EXPECTED = [dict(zip(HEADER, row, strict=True)) for row in ROWS]


@pytest.fixture
def site() -> Iterator[StandIn]:
    with StandIn() as standin:
        yield standin


def written(rows: Sequence[Sequence[Any]], delimiter: str = ",", end: str = "\r\n") -> str:
    out = io.StringIO(newline="")
    if end == "\r":  # the writer forgets to quote \n there
        csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    else:
        csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
    return out.getvalue()


def read(site: StandIn, body: Any, **options: Any) -> Harvest:
    site.route("/orte", body)
    return harvest("csv", site, url=site.url("/orte"), **{"key": "Nr", **options})


def data(found: Harvest) -> list[Any]:
    return [record.data for record in found.records.values()]


# CSV and TSV


def test_created_updated_and_withdrawn_are_exactly_right(site: StandIn) -> None:
    first = read(site, written([HEADER, *ROWS]))
    assert data(first) == EXPECTED
    assert first.records["1"].page == site.url("/orte") + "#Nr=1"
    assert read(site, written([HEADER, *ROWS])).changes(first) == (set(), set(), set())
    # A row above all others moves every other one, and that is no change of theirs.
    changed = [HEADER, ["9", "Neu", "", ""], ROWS[2], ["1", "Kulturhaus", "Dorfstraße 1", "Brandis"]]
    assert read(site, written(changed)).changes(first) == ({"9"}, {"1"}, {"2"})
    assert read(site, written([[*HEADER, "PLZ"], *[[*row, "04824"] for row in ROWS]])).changes(first)[1] == {
        "1",
        "2",
        "3",
    }


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "mac_roman"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_every_dialect_and_encoding(site: StandIn, delimiter: str, encoding: str, end: str) -> None:
    body = written([HEADER, *ROWS], delimiter, end).encode(encoding)
    for content_type in ("text/csv", "text/csv; charset=utf-8", "application/octet-stream"):
        assert data(read(site, Reply(body, headers={"Content-Type": content_type}))) == EXPECTED


def test_a_wrong_label_is_noted(site: StandIn) -> None:
    body = Reply(written([HEADER, *ROWS]).encode("cp1252"), headers={"Content-Type": "text/csv; charset=utf-8"})
    assert read(site, body).notes == (f"{site.url('/orte')} is labelled utf-8 but is windows-1252.",)


def test_texts_full_of_commas_do_not_hide_the_semicolon() -> None:
    text = 'Nr;Text\n1;"a, b, c"\n2;d, e, f, g\n3;h, i\n'
    assert split(text, "x").delimiter == ";"
    assert split("Nr;Text, lang\n1;a, b\n2;c, d\n", "x", needed=("Nr",)).delimiter == ";"


def test_a_single_column_is_a_table(site: StandIn) -> None:
    assert data(read(site, "Nr\n1\n2\n")) == [{"Nr": "1"}, {"Nr": "2"}]


def test_excels_hint_is_followed(site: StandIn) -> None:
    assert data(read(site, "sep=;\r\nNr;Name\r\n1;a,b,c,d\r\n")) == [{"Nr": "1", "Name": "a,b,c,d"}]


def test_the_delimiter_may_be_given(site: StandIn) -> None:
    assert data(read(site, "Nr^Name\n1^x,y\n", delimiter="^")) == [{"Nr": "1", "Name": "x,y"}]


def test_postal_codes_stay_text(site: StandIn) -> None:
    assert data(read(site, "Nr,PLZ,Wert\n1,04824,1e5\n")) == [{"Nr": "1", "PLZ": "04824", "Wert": "1e5"}]


def test_formulas_in_csv_are_text(site: StandIn) -> None:
    assert data(read(site, "Nr,Name\n1,=1+1\n")) == [{"Nr": "1", "Name": "=1+1"}]


def test_empty_rows_and_cells_are_left_out(site: StandIn) -> None:
    found = read(site, "Nr,Name,Ort\n\n1,,Zeitz\n,,\n2,  \n3\n   \n")
    assert data(found) == [{"Nr": "1", "Ort": "Zeitz"}, {"Nr": "2"}, {"Nr": "3"}]
    assert found.unreadable == ()


# Headers


def test_title_lines_above_the_header_are_passed_over(site: StandIn) -> None:
    body = "Orte der Region;;;\nStand: 22.11.2026\n\n" + written([HEADER, *ROWS], ";")
    assert data(read(site, body)) == EXPECTED


def test_a_header_that_comes_twice_is_no_record(site: StandIn) -> None:
    found = read(site, written([HEADER, HEADER, *ROWS[:2], HEADER, ROWS[2]]))
    assert data(found) == EXPECTED
    assert "2 rows repeat the header" in found.notes[0]


def test_a_header_of_two_lines(site: StandIn) -> None:
    rows = [["", "Adresse", "Adresse", ""], ["Nr", "Straße", "Ort", "Name"], ["1", "Markt 3", "Zeitz", "Haus"]]
    found = read(site, written(rows), header_rows=2, columns=["Adresse Ort"])
    assert data(found) == [{"Nr": "1", "Adresse Straße": "Markt 3", "Adresse Ort": "Zeitz", "Name": "Haus"}]


def test_columns_of_one_name_are_told_apart(site: StandIn) -> None:
    assert data(read(site, "Nr,Tel,Tel,Tel\n1,a,b,c\n")) == [{"Nr": "1", "Tel": "a", "Tel (2)": "b", "Tel (3)": "c"}]
    with pytest.raises(SourceFailed, match="has the column 'Nr' more than once"):
        read(site, "Nr,Nr\n1,2\n")


@pytest.mark.parametrize(
    "body", [written([HEADER[1:], *[row[1:] for row in ROWS]]), "irgendwas\n", written([HEADER[1:]])]
)
def test_a_missing_column_fails_the_reading_and_is_named(site: StandIn, body: str) -> None:
    with pytest.raises(SourceFailed, match="has no column 'Nr'; its header seems to be '"):
        read(site, body)


def test_a_renamed_column_that_the_lift_needs_fails_the_reading(site: StandIn) -> None:
    with pytest.raises(
        SourceFailed, match="has no column 'Webseite'; its header seems to be 'Nr', 'Name', 'Straße', 'Ort'"
    ):
        read(site, written([HEADER, *ROWS]), columns=["Name", "Webseite"])


def test_only_a_header_is_an_empty_list(site: StandIn) -> None:
    assert read(site, written([HEADER])).keys == []


# Rows that make no sense


def test_a_bad_row_never_stops_the_rest(site: StandIn) -> None:
    body = "Nr,Name\n1,a\n2,b,c,d\n,ohne\n1,doppelt\n3,e,,\n" + "k" * 513 + ",x\n4,f\n"
    found = read(site, body)
    assert found.keys == ["1", "3", "4"]
    reasons = [item.reason for item in found.unreadable]
    assert "row 3 has 4 cells, the header 2; is a cell not quoted?" in reasons[0]
    assert found.unreadable[0].found == "2 | b | c | d"
    assert "row 4 has no key: 'Nr' is missing or empty" in reasons[1]
    assert "row 5 has a key that came before" in reasons[2]
    assert "row 7 has a key of 513 characters" in reasons[3]


def test_many_bad_rows_are_told_as_a_number(site: StandIn) -> None:
    found = read(site, "Nr,Name\n" + "1,a,b\n" * 50)
    assert len(found.unreadable) == 21
    assert "30 more rows or cells" in found.unreadable[-1].reason


def test_a_file_that_ends_inside_a_cell_fails_the_reading(site: StandIn) -> None:
    with pytest.raises(SourceFailed, match="ends inside a quoted cell"):
        read(site, 'Nr,Name\n1,a\n2,"b\n3,c\n4,d\n')


def test_misplaced_quotation_marks_make_the_reading_partial(site: StandIn) -> None:
    found = read(site, 'Nr,Name\n1,"Haus" am See\n2,b\n')
    assert data(found) == [{"Nr": "1", "Name": "Haus am See"}, {"Nr": "2", "Name": "b"}]
    assert "misplaced quotation marks" in found.partial[0]


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "is empty"),
        (b"\r\n \n", "is empty"),
        ("<!doctype html><p>Anmelden", "answered HTML or XML instead of a table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", r"is an old Excel file \(\.xls\); save it as \.xlsx"),
        (b"Nr,Name\n1,a\0b\n", "is neither text nor XLSX"),
        (truncated(b"Nr,Name\n1,a\n"), "broke off"),
        (b"Nr,Name\n1," + b"x" * 1_000_001, "a cell of over 1,000,000 characters"),
    ],
)
def test_what_is_no_table_fails_the_reading(site: StandIn, body: Any, complaint: str) -> None:
    with pytest.raises(SourceFailed, match=complaint):
        read(site, body)


def test_a_long_description_is_read(site: StandIn) -> None:
    assert len(read(site, "Nr,Text\n1," + "x" * 500_000).records["1"].data["Text"]) == 500_000


def test_a_thousand_rows_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "orte.csv"
    path.write_text(written([HEADER, *[[str(number), "Haus", "", "Zeitz"] for number in range(1000)]]), "utf-8")
    found = harvest("csv", None, file=str(path), key="{Ort}-{Nr}", page="https://example.org/orte/{Nr}")
    assert len(found.records) == 1000
    assert found.records["Zeitz-7"].page == "https://example.org/orte/7"


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"delimiter": ";;"}, "must be one character"),
        ({"header_rows": 0}, "1 or more"),
        ({"records": "$"}, "does not exist"),
    ],
)
def test_a_mistake_in_the_description_is_named(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(SourceFailed, match=complaint):
        harvest("csv", None, file="x.csv", key="Nr", **options)


# XLSX


def workbook(rows: Sequence[Any], *merges: str, sheet: str = "Orte") -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for row in rows:
        page.append(list(row))
    for merged in merges:
        page.merge_cells(merged)
    book.create_sheet("Zweites").append(["Nr", "Name"])
    book["Zweites"].append([7, "sieben"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def patched(content: bytes, part: str, old: bytes, new: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            body = before.read(name)
            if name == part:
                assert old in body
                body = body.replace(old, new)
            after.writestr(name, body)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def test_xlsx_values(site: StandIn) -> None:
    rows: list[list[Any]] = [
        ["Nr", "Name", "PLZ", "Fläche", "Seit", "Stand", "Offen"],
        [1, " Haus ", "04824", 420.5, date(2020, 5, 1), datetime(2026, 11, 22, 12, 30), True],
        [2.0, "Hof", 4824, 7000, None, None, False],
    ]
    first = read(site, workbook(rows))
    assert data(first) == [
        {
            "Nr": 1,
            "Name": "Haus",
            "PLZ": "04824",
            "Fläche": 420.5,
            "Seit": "2020-05-01",
            "Stand": "2026-11-22T12:30:00",
            "Offen": True,
        },
        {"Nr": 2, "Name": "Hof", "PLZ": 4824, "Fläche": 7000, "Offen": False},
    ]
    assert read(site, workbook(rows)).changes(first) == (set(), set(), set())
    rows[1][1] = "Haus am See"
    assert read(site, workbook([*rows, [3, "neu"]])).changes(first) == ({"3"}, {"1"}, set())


def test_xlsx_sheets_by_name(site: StandIn) -> None:
    body = workbook([["Nr"], [1]])
    assert data(read(site, body, sheet="Zweites")) == [{"Nr": 7, "Name": "sieben"}]
    with pytest.raises(SourceFailed, match="has no worksheet 'Drittes'; there are Orte, Zweites"):
        read(site, body, sheet="Drittes")


def test_xlsx_formulas_count_by_their_stored_result(site: StandIn) -> None:
    body = workbook([["Nr", "Summe", "Name"], [1, "=1+1", "a"], [2, "=2+2", "b"]])
    body = patched(body, SHEET, b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>")
    found = read(site, body)
    assert data(found) == [{"Nr": 1, "Summe": 2, "Name": "a"}, {"Nr": 2, "Name": "b"}]
    assert "cell B3 holds a formula without a stored result; it is left out" in found.unreadable[0].reason
    assert (found.unreadable[0].found, found.unreadable[0].key) == ("=2+2", None)


def test_xlsx_errors_are_left_out_and_said(site: StandIn) -> None:
    body = workbook([["Nr", "Name"], [1, "#REF!"], [2, "b"]])
    found = read(site, body)
    assert data(found) == [{"Nr": 1}, {"Nr": 2, "Name": "b"}]
    assert (found.unreadable[0].reason, found.unreadable[0].found) == (
        "cell B2 holds an error; it is left out",
        "#REF!",
    )


def test_xlsx_merged_cells(site: StandIn) -> None:
    rows = [
        ["Liste der Orte", None, None, None],
        [None, None, "Adresse", None],
        ["Nr", "Träger", "Straße", "Ort"],
        ["Landkreis Leipzig", None, None, None],
        [1, "Verein", "Markt 1", "Grimma"],
        [2, None, "Markt 2", "Grimma"],
        [3, None, "Markt 3, Zeitz", None],
    ]
    body = workbook(rows, "A1:D1", "C2:D2", "A4:D4", "B5:B7", "C7:D7")
    found = read(site, body, header_rows=2)
    assert data(found) == [
        {"Nr": 1, "Träger": "Verein", "Adresse Straße": "Markt 1", "Adresse Ort": "Grimma"},
        {"Nr": 2, "Träger": "Verein", "Adresse Straße": "Markt 2", "Adresse Ort": "Grimma"},
        {"Nr": 3, "Träger": "Verein", "Adresse Straße": "Markt 3, Zeitz"},
    ]
    assert [item.reason for item in found.unreadable] == ["row 4 is a heading across columns and no record"]


@pytest.mark.parametrize(
    ("part", "old", "new", "complaint"),
    [
        (SHEET, b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet', "declares XML entities"),
        (
            "xl/workbook.xml",
            b"<workbook",
            b'<!DOCTYPE x SYSTEM "http://127.0.0.1/x"><workbook',
            "declares XML entities",
        ),
        (
            SHEET,
            b"</sheetData>",
            b'</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>',
            "merged more",
        ),
        (SHEET, b'r="A2"', b'r="XFD1048576"', "spreads over more than|no readable XLSX"),
        (SHEET, b"</sheetData>", b"<", "no readable XLSX file"),
        ("xl/workbook.xml", b"<sheets>", b"<shets>", "no readable XLSX file"),
    ],
)
def test_xlsx_made_to_do_harm(site: StandIn, part: str, old: bytes, new: bytes, complaint: str) -> None:
    with pytest.raises(SourceFailed, match=complaint):
        read(site, patched(workbook([["Nr", "Name"], [1, "a"]]), part, old, new))


@pytest.mark.parametrize(
    "merged",
    [
        b"<mergeCell ref = 'A1:XFD1048576'/>", b"<mergeCell\nref='a1:xfd1048576'/>", b'<mergeCell ref="A:XFD"/>',
        b"<mergeCell ref='&#65;1:XFD1048576'/>", b'<mergeCell ref="1:1048576"/>',
        b'<mergeCell ref="$A$1:$XFD$1048576"/>',
        b'<x-y:mergeCell xmlns:x-y="http://schemas.openxmlformats.org/spreadsheetml/2006/main" ref="A1:XFD1048576"/>',
    ],
)  # fmt: skip
def test_merged_cells_are_counted_however_they_are_written(site: StandIn, merged: bytes) -> None:
    """Each becomes an object when the file is opened: a file of 5 kB would fill the memory."""
    file = patched(
        workbook([["Nr"], [1]]), SHEET, b"</sheetData>", b"</sheetData><mergeCells>" + merged + b"</mergeCells>"
    )
    with pytest.raises(SourceFailed, match="merged more"):
        read(site, file)


def test_a_document_type_is_found_wherever_it_stands(site: StandIn) -> None:
    late = b"<!--" + b" " * 70_000 + b'--><!DOCTYPE x [<!ENTITY a "b">]><worksheet'
    with pytest.raises(SourceFailed, match="declares XML entities"):
        read(site, patched(workbook([["Nr"], [1]]), SHEET, b"<worksheet", late))


def test_zip_bombs_and_other_archives(site: StandIn) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", "")
        packed.writestr("xl/worksheets/sheet1.xml", bytes(201 * 1024 * 1024))
    with pytest.raises(SourceFailed, match="unpacks to more than 200 MiB"):
        read(site, out.getvalue())
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("orte.csv", "Nr\n1\n")
    with pytest.raises(SourceFailed, match="is a ZIP archive but no XLSX file"):
        read(site, out.getvalue())
    with pytest.raises(SourceFailed, match="no readable XLSX file"):
        read(site, workbook([["Nr"], [1]])[:-100])
