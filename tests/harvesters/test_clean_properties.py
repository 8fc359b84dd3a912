"""What holds for every cleaning function and any text whatever."""

from __future__ import annotations

import re
import time
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvesters.clean import FUNCTIONS, Finding, as_custom_functions
from harvesters.clean.text import visible
from harvesters.clean.words import words

XSD = "http://www.w3.org/2001/XMLSchema#"

DIRT = """
    7.000 km² qm m2 ha ca. über bis - – / , ; : . % € 04668 4668 Grimma Halle (Saale) OT Straße Str. Hauptstr.5 www.x.de
    https:// HTTP:// http//x.de javascript: @ (at) info@x.de +49 (0) 0341 9939300 Fax Mo-Fr Mo Di 9-17 Uhr 10:00
    geschlossen nach Vereinbarung 2019 03.05.2019 3. Mai seit um 1714557600 51.3 12,4 -99.1 NaN Infinity 1e400 0 e.V
    GmbH &amp; &#0; &#xD800; <p> </p> <script> <b [vc_row] ﬁ İ ß ٣ ² 🎪 Ã¼ â€™ POINT( ) ° ' " \\ | { } ^ ` % %zz #
"""
INVISIBLE = ("\x00", "\ud800", "\u202e", "\ufeff", "\x1b", "\x85", "\u2028", "\xa0")
TOKENS = st.sampled_from([*DIRT.split(), *INVISIBLE])
TEXTS = st.one_of(
    st.text(max_size=60),
    st.text(alphabet=st.characters(exclude_categories=()), max_size=40),
    st.lists(TOKENS, max_size=8).map(" ".join),
    st.lists(TOKENS, max_size=8).map("".join),
)


def valid(term: Any, makes: str) -> bool:
    """Whether a result is what its datatype promises, and survives a way through Turtle."""
    quad = ox.Quad(ox.NamedNode("https://e.org/s"), ox.NamedNode("https://e.org/p"), term)
    written = ox.serialize([quad.triple], format=ox.RdfFormat.TURTLE)
    assert next(iter(ox.parse(written, format=ox.RdfFormat.TURTLE))).triple == quad.triple
    if makes == "iri":
        return isinstance(term, ox.NamedNode) and bool(re.match("https?://", term.value))
    value, datatype = term.value, term.datatype.value
    assert value == value.strip()
    assert value.isprintable() or "\n" in value or not any(ord(character) < 32 for character in value)
    match makes:
        case "language" | "string":
            return bool(value) and datatype in (XSD + "string", ox.Literal("x", language="de").datatype.value)
        case "decimal":
            return datatype == XSD + "decimal" and Decimal(value).is_finite() and "E" not in value
        case "integer":
            return datatype == XSD + "integer" and int(value) >= 0
        case "boolean":
            return value in ("true", "false")
        case "date":
            whole = value + "-01-01"[len(value) - 10 :] if len(value) < 10 else value
            return datatype.removeprefix(XSD) in ("gYear", "gYearMonth", "date") and bool(date.fromisoformat(whole))
        case "dateTime":
            return bool(datetime.fromisoformat(value))
        case "wkt":
            return bool(value.startswith("POINT("))
    return False


@pytest.mark.parametrize("name", FUNCTIONS)
@settings(max_examples=120, deadline=None)
@given(first=TEXTS, second=st.one_of(st.none(), TEXTS))
def test_any_text_gives_a_valid_value_or_none(name: str, first: str, second: str | None) -> None:
    findings: list[Finding] = []
    cleaner = FUNCTIONS[name]
    arguments = [first] if second is None or name in _ONE_ARGUMENT else [first, second]
    direct = cleaner.function(*arguments, report=findings.append)  # raises: the test fails
    for finding in findings:
        assert finding.message_de
        assert finding.message_en
        assert finding.line("de")
        assert finding.line("en")
        assert finding.parts or finding.found == first
    if direct is None and visible(first).strip() and name not in _SILENT:
        assert findings, "neither a value nor a reason"
    if any(0xD800 <= ord(character) < 0xE000 for argument in arguments for character in argument):
        return  # such text cannot be an RDF literal in the first place
    functions = as_custom_functions(findings.append)
    term = functions[ox.NamedNode("https://w3id.org/orte/fn#" + name)](*map(ox.Literal, arguments))
    assert (term is None) == (direct is None)
    assert term is None or valid(term, cleaner.makes)


_ONE_ARGUMENT = words(
    "slug|url|social|link|domain|email|hours|date|year|moment|find_area|locality|suburb|country|licence"
)
_SILENT = words("slug | social | find_area | suburb | outside | municipality")
"""These answer a question ("is it a profile?") to which nothing is a fair answer."""


@settings(max_examples=200, deadline=None)
@given(value=TEXTS)
@pytest.mark.parametrize(
    "name", ["text", "prose", "name", "url", "link", "email", "phone", "hours", "date", "postcode"]
)
def test_what_is_clean_stays_as_it_is(name: str, value: str) -> None:
    function = FUNCTIONS[name].function
    once = function(value)
    findings: list[Finding] = []
    if once is not None:
        assert function(once, report=findings.append) == once or findings


HUGE = {
    "letters": "a" * 100_000,
    "digits": "1" * 100_000,
    "points": "1." * 50_000,
    "commas": "1,111" * 20_000,
    "spaces": " " * 100_000 + "x",
    "dashes": "-" * 100_000,
    "tags": "<div>" * 20_000,
    "open tags": "<" * 100_000,
    "misnested": "<a><b>" * 10_000 + "</a>" * 10_000,
    "comments": "<!--" * 25_000,
    "entities": "&amp" * 25_000,
    "shortcodes": "[vc_row " * 12_500,
    "ats": "a@" * 50_000,
    "dots": "a." * 50_000,
    "addresses": "www.x.de " * 11_000,
    "areas": "420 qm " * 14_000,
    "approximate": "ca. " * 25_000,
    "days": "Mo-Fr 9-17 Uhr, " * 6_000,
    "phones": "0341 9939300 / " * 6_500,
    "streets": "Hauptstr. 5, " * 7_500,
    "legal forms": "e. V. " * 16_000,
    "mojibake": "Ã¼" * 50_000,
    "combining": "a" + "\u0301" * 100_000,
    "brackets": "(" * 100_000,
    "buses": "bus-" * 25_000,
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("value", HUGE.values(), ids=HUGE.keys())
def test_a_huge_text_takes_no_longer_than_it_is_long(name: str, value: str) -> None:
    start = time.process_time()  # a busy machine is no reason to fail
    FUNCTIONS[name].function(value)
    assert time.process_time() - start < 1.0
