"""Entries that are attacks, asked for at every address and in every format: none becomes markup or a formula."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from urllib.parse import quote, urljoin, urlsplit

import pyoxigraph as ox
import pytest
from fastapi.testclient import TestClient

from tests.registry.conftest import BASE
from tests.security.conftest import MARK, PAYLOADS

PAGES = 150  # pages that are followed from the first one
_LINKS = frozenset(("href", "src", "action", "formaction", "data", "srcset", "poster", "xlink:href"))
_FEEDS = ("/feed/catalogue", "/feed/records", "/feed/records/liste")
_LISTS = ("/sites", "/services", "/networks", "/organisations", "/sources")


class _Reading(HTMLParser):
    """What a browser would make of a page: where our mark is anything but text or a quoted value."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.links: list[str] = []
        self.seen = False
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag if tag in ("script", "style") else self.inside
        if MARK in tag:
            self.wrong.append(f"element {tag}")
        for name, value in attrs:
            if MARK in name or name.startswith("on"):
                self.wrong.append(f"attribute {name}")
            if name in _LINKS and value:
                scheme = re.sub(r"[\s\x00-\x20]", "", value).lower().split(":")[0]
                if scheme in ("javascript", "data", "vbscript") and ":" in value:
                    self.wrong.append(f"{name}={value[:80]}")
                if name == "href":
                    self.links.append(value)
            self.seen = self.seen or MARK in (value or "")

    def handle_endtag(self, tag: str) -> None:
        self.inside = "" if tag == self.inside else self.inside

    def handle_comment(self, data: str) -> None:
        if MARK in data:
            self.wrong.append("comment")

    def handle_data(self, data: str) -> None:
        self.seen = self.seen or MARK in data
        if self.inside and MARK in data and self.inside != "script":
            self.wrong.append(f"inside {self.inside}")
        if self.inside == "script" and re.search(rf"</?(script|{MARK})", data):
            self.wrong.append("breaks out of a script")


def _read(client: TestClient, path: str, language: str = "de") -> _Reading:
    answer = client.get(path, headers={"Accept": "text/html", "Accept-Language": language})
    assert answer.status_code != 500, (path, answer.text[:300])
    reading = _Reading()
    if answer.headers.get("content-type", "").startswith("text/html"):
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        reading.feed(answer.text)
        reading.close()
    return reading


@pytest.mark.parametrize("language", ["de", "en"])
def test_no_page_has_an_element_attribute_or_link_from_data(hostile: TestClient, language: str) -> None:
    todo, done, carrying = ["/", "/sites", "/sources/liste/report", "/sources", "/docs", "/coverage"], set(), 0
    while todo and len(done) < PAGES:
        path = todo.pop(0)
        if path in done:
            continue
        done.add(path)
        reading = _read(hostile, path, language)
        assert reading.wrong == [], path
        carrying += reading.seen
        for link in reading.links:
            address = urlsplit(urljoin(BASE + path, link))
            if f"{address.scheme}://{address.netloc}" == BASE:
                todo.append(address.path + (f"?{address.query}" if address.query else ""))
    assert carrying > len(PAYLOADS), "the attacks never came to a page, so nothing was tested"


@pytest.mark.parametrize("evil", PAYLOADS)
@pytest.mark.parametrize(
    "path",
    ["/sites?q={}", "/sites?theme={}", "/sites?cursor={}", "/sparql?query={}", "/{}", "/site/{}", "/validate?url={}"],
)
def test_nothing_in_an_address_becomes_markup(hostile: TestClient, path: str, evil: str) -> None:
    assert _read(hostile, path.format(quote(evil, safe=""))).wrong == []


def _entities(client: TestClient) -> list[str]:
    found = client.get("/sites.jsonld?limit=100").json()
    text = json.dumps(found)
    return sorted({urlsplit(iri).path for iri in re.findall(rf"{re.escape(BASE)}/site/[^\"#?]+", text)})


def test_every_format_of_every_entity_and_list_is_whole(hostile: TestClient) -> None:
    """Each is read by a parser of its kind; CSV as a spreadsheet reads it."""
    entities = _entities(hostile)
    assert len(entities) >= len(PAYLOADS)
    carried = 0
    for path in (*entities, *(f"{one}" for one in _LISTS)):
        for suffix in ("jsonld", "json", "ttl", "nt", "rdf", "trig", "geojson", "csv"):
            answer = hostile.get(f"{path}.{suffix}")
            if answer.status_code in (404, 406):
                continue
            assert answer.status_code == 200, (path, suffix, answer.text[:200])
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert not answer.headers["content-type"].startswith("text/html")
            _whole(suffix, answer.text)
            carried += MARK in answer.text
    assert carried > 100


def _whole(suffix: str, text: str) -> None:
    if suffix in ("jsonld", "json", "geojson"):
        json.loads(text)
    elif suffix == "csv":
        for row in csv.reader(io.StringIO(text)):
            for cell in row:
                assert not re.match(r"[\s]*[=@＝]|[\s]*[+-](?![\d\s.,]+$)", cell), cell
    elif suffix == "rdf":
        names = {element.tag for element in ET.fromstring(text).iter()}
        assert not any(MARK in name for name in names)
    else:
        syntax = {"ttl": ox.RdfFormat.TURTLE, "nt": ox.RdfFormat.N_TRIPLES, "trig": ox.RdfFormat.TRIG}[suffix]
        for quad in ox.parse(text.encode(), syntax, base_iri=BASE):
            assert MARK not in quad.predicate.value
            # only as what it is: a literal, or the percent-encoded key in a record's address
            assert isinstance(quad.object, ox.Literal) or "<" not in quad.object.value


def test_feeds_reports_sitemap_and_results_are_whole(hostile: TestClient) -> None:
    for path in _FEEDS:
        page = hostile.get(path, headers={"Accept": "application/trig"})
        assert page.status_code == 200
        list(ox.parse(page.content, ox.RdfFormat.TRIG, base_iri=BASE))
    _whole("csv", hostile.get("/sources/liste/report.csv").text)
    for number in range(1):
        ET.fromstring(hostile.get(f"/sitemap-{number}.xml").text)
    query = quote("SELECT ?n { ?s <https://schema.org/name> ?n }")
    answer = hostile.get(f"/sparql?query={query}", headers={"Accept": "application/sparql-results+xml"})
    if answer.status_code == 200:  # the engine may still be loading
        names = {element.tag for element in ET.fromstring(answer.text).iter()}
        assert not any(MARK in name for name in names)
