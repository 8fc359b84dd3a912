"""Cleaning: phones, e-mail, dates, codes, texts; what lifts see of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyoxigraph as ox
import pytest

from harvesters.clean import FUNCTIONS, Finding, as_custom_functions
from harvesters.clean.custom import Term
from harvesters.clean.text import MAX_LINE, MAX_PROSE


def clean(name: str, *values: str) -> tuple[Any, str | None]:
    """The value, and what the (only) finding says in English."""
    findings: list[Finding] = []
    value = FUNCTIONS[name].function(*values, report=findings.append)
    assert len(findings) <= 1
    return value, findings[0].message_en if findings else None


@pytest.mark.parametrize(
    ("found", "value"),
    [
        ("03437 985858", "+493437985858"),
        ("+49 (0)341 9939300", "+493419939300"),
        ("+49 0341 9939300", "+493419939300"),
        ("0049 341 99 39 300", "+493419939300"),
        ("0341/99393-00", "+493419939300"),
        ("tel:+493419939300", "+493419939300"),
        ("Tel.: 0341 9939300, Fax: 0341 9939301", "+493419939300"),
        ("+41 44 668 18 00", "+41446681800"),
    ],
)
def test_telephone_numbers_have_one_form(found: str, value: str) -> None:
    assert clean("phone", found) == (value, None)


@pytest.mark.parametrize("found", ["12345", "0000000", "nach Absprache", "Fax: 0341 9939301", "0341 9939300" * 40])
def test_implausible_telephone_numbers_are_refused(found: str) -> None:
    value, reason = clean("phone", found)
    assert value is None
    assert reason is not None


def test_of_two_telephone_numbers_the_second_is_reported() -> None:
    value, reason = clean("phone", "0341 9939300 oder 03437 985858")
    assert value == "+493419939300"
    assert reason is not None
    assert "+493437985858" in reason


@pytest.mark.parametrize(
    ("found", "value", "reported"),
    [
        ("mailto:Info@Ort.DE?subject=Hallo", "Info@ort.de", False),
        ("info@müller.de", "info@xn--mller-kva.de", False),
        ("info (at) ort [dot] de", "info@ort.de", True),
        ("a@ort.de; b@ort.de", "a@ort.de", True),
        ("info@localhost", None, True),
        ("info@example.com", None, True),
        ("kein", None, True),
    ],
)
def test_email(found: str, value: str | None, reported: bool) -> None:
    cleaned, reason = clean("email", found)
    assert (cleaned, reason is not None) == (value, reported)


@pytest.mark.parametrize(
    ("found", "value", "reported"),
    [
        ("2019", "2019", False),
        ("2019-05", "2019-05", False),
        ("2019-05-03T08:00:00Z", "2019-05-03", False),
        ("3. Mai 2019", "2019-05-03", False),
        ("03.05.2019", "2019-05-03", False),
        ("05/2019", "2019-05", False),
        ("eröffnet im März 2020", "2020-03", False),
        ("seit 1998", "1998", False),
        ("03.05.19", "2019-05-03", True),
        ("um 1900", "1900", True),
        ("~1890", "1890", True),
        ("Frühjahr 2022", "2022", True),
        ("2019-2021", None, True),
        ("31.02.2019", None, True),
        ("0000-00-00", None, True),
        ("9999", None, True),
    ],
)
def test_dates_are_as_exact_as_the_source(found: str, value: str | None, reported: bool) -> None:
    cleaned, reason = clean("date", found)
    assert (cleaned, reason is not None) == (value, reported)


@pytest.mark.parametrize(
    "found",
    ["2024-05-01T10:00:00", "2024-05-01T12:00:00+02:00", "2024-05-01 10:00:00Z", "1714557600", "1714557600000"],
)
def test_moments_are_utc(found: str) -> None:
    assert clean("moment", found) == ("2024-05-01T10:00:00Z", None)


def test_a_clock_in_the_future_is_refused() -> None:
    soon = datetime.now(UTC) + timedelta(days=3)
    assert clean("moment", soon.isoformat()) == (None, "lies in the future")


@pytest.mark.parametrize(
    ("found", "value"),
    [("D-04668", "04668"), ("04668", "04668"), ("Musterweg 3, 04668 Grimma", "04668"), ("fast 1301 m²", None)],
)
def test_postal_codes_are_text(found: str, value: str | None) -> None:
    assert clean("postcode", found)[0] == value


def test_a_postal_code_that_lost_its_zero_gets_it_back_and_says_so() -> None:
    assert clean("postcode", "4668") == ("04668", "leading zero restored")
    assert clean("postcode", "4668.0") == ("04668", "leading zero restored")
    assert clean("postcode", "8003", "CH") == (None, "not a German postal code")


def test_two_postal_codes_are_none() -> None:
    assert clean("postcode", "04668 Grimma und 04824 Brandis") == (None, "several postal codes")


@pytest.mark.parametrize(
    ("found", "value"),
    [
        ("15,- €", "15"),
        ("EUR 12,50", "12.50"),
        ("1.200 €", "1200"),
        ("kostenlos", "0"),
        ("15 CHF", None),
        ("5-8 €", None),
    ],
)
def test_prices(found: str, value: str | None) -> None:
    assert clean("price", found)[0] == (None if value is None else Decimal(value))


def test_a_price_keeps_no_unit_but_says_so() -> None:
    assert clean("price", "15 €/Tag") == (Decimal(15), "a price per Tag")


def test_codes() -> None:
    assert clean("country", "Deutschland") == ("DE", None)
    assert clean("country", "ch") == ("CH", None)
    assert clean("country", "Mittelerde") == (None, "not a known country")
    assert clean("licence", "CC0-1.0")[0] == "https://creativecommons.org/publicdomain/zero/1.0/"
    assert (
        clean("licence", "https://creativecommons.org/licenses/by/4.0/deed.de")[0] == clean("licence", "CC BY 4.0")[0]
    )
    assert clean("licence", "Alle Rechte vorbehalten")[0] is None


def test_text_is_one_line() -> None:
    assert clean("text", " Ein\u00a0 Haus\n am\u200b See ") == ("Ein Haus am See", None)
    assert clean("text", "<name>space Gera") == ("<name>space Gera", None)
    assert clean("text", "Kunst &amp; Kultur") == ("Kunst & Kultur", "HTML entities decoded")
    assert clean("text", "GrÃ¼ne Straße") == ("Grüne Straße", "UTF-8 read as Latin-1")
    assert clean("text", "   \n ") == (None, None)


def test_long_texts_are_cut_at_a_word_and_reported() -> None:
    value, reason = clean("text", "Wort " * MAX_LINE)
    assert reason is not None
    assert len(value) <= MAX_LINE
    assert value.endswith("Wort…")


def test_prose_keeps_paragraphs() -> None:
    assert clean("prose", "Eins.\r\n\r\n\r\n  Zwei  hier.\nDrei.") == ("Eins.\n\nZwei hier.\nDrei.", None)


def test_markup_becomes_what_a_reader_sees() -> None:
    markup = (
        "<style>p{}</style><h2>Das Objekt</h2><p>Auf <b>420&nbsp;qm</b> &amp; mehr.</p><!-- x -->"
        "<ul><li>Saal</li><li>Küche<br>Hof</li></ul><script>alert('x')</script>[vc_row]<svg><text>y</text></svg>"
    )
    assert clean("html", markup) == ("Das Objekt\n\nAuf 420 qm & mehr.\n\nSaal\nKüche\nHof", None)
    assert clean("html", "2 &lt; 3 &amp;lt;") == ("2 < 3 &lt;", None)
    assert clean("html", "<script>x</script>") == (None, "no visible text")
    assert len(clean("html", "<p>wort " * 20_000)[0]) <= MAX_PROSE


def test_markup_nested_beyond_reason_is_refused() -> None:
    assert clean("html", "<div>" * 20_000 + "x") == (None, "markup nested too deeply")


@pytest.mark.parametrize(
    ("found", "value"),
    [("Größe & Straße", "groesse-und-strasse"), ("Café Ølbar", "cafe-olbar"), ("???", None), ("a" * 200, "a" * 80)],
)
def test_slugs(found: str, value: str | None) -> None:
    assert clean("slug", found)[0] == value


PREFIXES = {"fn": "https://w3id.org/orte/fn#", "e": "https://e.org/"}


def ask(expression: str, collected: list[Finding]) -> Term | None:
    answer = ox.Store().query(
        f"SELECT ({expression} AS ?x) {{}}", prefixes=PREFIXES, custom_functions=as_custom_functions(collected.append)
    )
    assert isinstance(answer, ox.QuerySolutions)
    return next(answer)["x"]


@pytest.mark.parametrize(
    ("expression", "term"),
    [
        ('fn:text("Haus", "de")', ox.Literal("Haus", language="de")),
        ('fn:lang("Haus", "de_DE")', ox.Literal("Haus", language="de-DE")),
        ('fn:text("Haus")', ox.Literal("Haus")),
        ('fn:url("https://X.de")', ox.NamedNode("https://x.de/")),
        ("fn:url(<https://X.de>)", ox.NamedNode("https://x.de/")),
        ('fn:area("1,5 ha")', ox.Literal("15000", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#decimal"))),
        ("fn:number(1.301)", ox.Literal("1.301", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#decimal"))),
        ('fn:number("1.301")', ox.Literal("1301", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#decimal"))),
        ('fn:integer("80 Plätze")', ox.Literal(80)),
        (
            'fn:date("Mai 2019")',
            ox.Literal("2019-05", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#gYearMonth")),
        ),
        ('fn:year("Mai 2019")', ox.Literal("2019", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#gYear"))),
        (
            "fn:wkt(51.5e0, 12)",
            ox.Literal("POINT(12 51.5)", datatype=ox.NamedNode("http://www.opengis.net/ont/geosparql#wktLiteral")),
        ),
        ('fn:is_place("Kulturhaus")', ox.Literal(True)),
        ('COALESCE(fn:url(?unbound), "none")', ox.Literal("none")),
    ],
)
def test_functions_in_a_query(expression: str, term: Term) -> None:
    collected: list[Finding] = []
    assert ask(expression, collected) == term
    assert collected == []


def test_findings_of_a_query_name_what_stands_in_the_record() -> None:
    collected: list[Finding] = []
    assert ask('fn:wkt("0", "0.0")', collected) is None
    assert ask('fn:area(" ca. 1301 qm")', collected) is not None
    position, area = dict.fromkeys(collected)
    assert position.about({"0", "0.0", "Haus"})
    assert not position.about({"0", "Haus"})
    assert area.about({"ca. 1301 qm"})
    assert area.line("de") == "area: »ca. 1301 qm« → »1301«: die Angabe ist ungefähr"


def test_an_unusable_language_is_reported_and_left_out() -> None:
    collected: list[Finding] = []
    assert ask('fn:text("Haus", "deutsch!")', collected) == ox.Literal("Haus")
    assert collected[0].message_en == "not a language tag"
