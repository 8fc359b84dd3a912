"""A SPARQL endpoint over HTTP: rows gathered to records, pages, broken answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from harvesters.reading import SourceFailed
from tests.harvesters.readers.harvests import Harvest, harvest
from tests.standins import Reply, Request, StandIn, hung_up, truncated

Q = "http://www.wikidata.org/entity/"
RESULTS = "application/sparql-results+json"


def row(item: str | None, **values: str) -> dict[str, Any]:
    terms = {name: {"type": "literal", "value": value} for name, value in values.items()}
    return {**({"item": {"type": "uri", "value": Q + item}} if item else {}), **terms}


def reply(rows: list[dict[str, Any]]) -> Reply:
    return Reply({"head": {"vars": ["item"]}, "results": {"bindings": rows}}, headers={"Content-Type": RESULTS})


ROWS = [
    row("Q1", label="Eins", website="https://b.de"),
    row("Q1", label="Eins", website="https://a.de"),
    row("Q2", label="Zwei"),
]


@pytest.fixture
def site() -> Iterator[StandIn]:
    with StandIn() as site:
        site.route("/sparql", reply(ROWS), method="POST")
        yield site


def run(site: StandIn, **options: Any) -> Harvest:
    query = "SELECT * { ?item ?p ?o } ORDER BY ?item"
    return harvest("sparql", site, **{"url": site.url("/sparql"), "query": query, "key": "item", "cut": Q, **options})


def test_rows_of_one_thing_are_one_record_with_lists_in_a_fixed_order(site: StandIn) -> None:
    found = run(site, modified="label")
    assert found.keys == ["Q1", "Q2"]
    first = found.records["Q1"]
    assert first.data == {"item": [Q + "Q1"], "label": ["Eins"], "website": ["https://a.de", "https://b.de"]}
    assert (first.page, first.modified) == (Q + "Q1", "Eins")


def test_the_order_of_rows_changes_nothing(site: StandIn) -> None:
    before = run(site)
    site.route("/sparql", reply(ROWS[::-1]), method="POST")
    assert run(site).changes(before) == (set(), set(), set())


def test_the_query_is_posted_and_results_are_asked_for_as_json(site: StandIn) -> None:
    run(site)
    [request] = site.asked("/sparql")
    assert request.method == "POST"
    assert request.form["query"] == "SELECT * { ?item ?p ?o } ORDER BY ?item"
    assert RESULTS in request.headers["accept"]


def test_pages_are_read_until_one_is_not_full(site: StandIn) -> None:
    many = [row(f"Q{number}") for number in range(25)]

    def paged(request: Request) -> Reply:
        match = re.search(r"LIMIT (\d+) OFFSET (\d+)$", request.form["query"])
        assert match
        limit, offset = int(match[1]), int(match[2])
        return reply(many[offset : offset + limit])

    site.route("/sparql", paged, method="POST")
    assert len(run(site, size=10).keys) == 25
    assert len(site.asked("/sparql")) == 3


def test_an_endpoint_that_ignores_the_page_fails_the_source(site: StandIn) -> None:
    with pytest.raises(SourceFailed, match="seems to ignore OFFSET"):
        run(site, size=3)


def test_pages_without_end_fail_the_source(site: StandIn) -> None:
    count = iter(range(1000))
    site.route("/sparql", lambda request: reply([row(f"Q{next(count)}")]), method="POST")
    with pytest.raises(SourceFailed, match="still has rows after 5 pages of 1"):
        run(site, size=1, max_pages=5)


def test_a_second_harvest_finds_exactly_what_changed(site: StandIn) -> None:
    before = run(site)
    site.route("/sparql", reply([row("Q1", label="Eins A"), row("Q3", label="Drei")]), method="POST")
    assert run(site).changes(before) == ({"Q3"}, {"Q1"}, {"Q2"})


def test_a_row_without_key_is_reported(site: StandIn) -> None:
    site.route("/sparql", reply([row(None, label="x"), *ROWS]), method="POST")
    found = run(site)
    assert found.keys == ["Q1", "Q2"]
    assert [item.reason for item in found.unreadable] == ["a row has no value for ?item"]


@pytest.mark.parametrize(
    "answer",
    [
        Reply("java.util.concurrent.TimeoutException", 500),
        Reply("<html>busy</html>", 200, {"Content-Type": "text/html"}),
        Reply("<?xml version='1.0'?><sparql/>", 200, {"Content-Type": "application/sparql-results+xml"}),
        Reply('{"head":{},"results":{"bindings":[{"item"', 200, {"Content-Type": RESULTS}),
        Reply({"boolean": True}),
        Reply([]),
        truncated(reply(ROWS).body, headers={"Content-Type": RESULTS}),
        hung_up(),
    ],
)
def test_anything_but_whole_results_fails_the_source(site: StandIn, answer: Any) -> None:
    site.route("/sparql", answer, method="POST")
    with pytest.raises(SourceFailed):
        run(site)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"query": ""}, "'query' .* is missing"),
        ({"key": ""}, "'key' .* is missing"),
        ({"size": -1}, "'size' .* whole number"),
        ({"colour": 1}, "'colour' .* does not exist"),
    ],
)
def test_a_wrong_option_fails_the_source_in_one_sentence(site: StandIn, options: dict[str, Any], says: str) -> None:
    with pytest.raises(SourceFailed, match=says):
        run(site, **options)
