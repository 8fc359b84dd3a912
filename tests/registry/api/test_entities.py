"""One entity at its own address: formats, validators, merges, withdrawals."""

from __future__ import annotations

import json
from typing import Any

import pyoxigraph as ox
import pytest
from pyld import jsonld

from tests.registry.api.conftest import Served
from tests.registry.conftest import BASE

SYNTAXES = {
    "ttl": ("text/turtle", ox.RdfFormat.TURTLE),
    "nt": ("application/n-triples", ox.RdfFormat.N_TRIPLES),
    "rdf": ("application/rdf+xml", ox.RdfFormat.RDF_XML),
    "trig": ("application/trig", ox.RdfFormat.TRIG),
}


def triples(content: bytes, syntax: ox.RdfFormat) -> set[str]:
    return {str(quad.triple) for quad in ox.parse(content, syntax)}


def expanded(served: Served, content: bytes) -> set[str]:
    """The triples of JSON-LD, with the context fetched from the API itself and from nowhere else."""

    def load(url: str, options: Any) -> Any:
        assert url == f"{BASE}/context.jsonld"
        return {"contextUrl": None, "documentUrl": url, "document": served.get(url).json()}

    nquads = jsonld.to_rdf(json.loads(content), {"format": "application/n-quads", "documentLoader": load})
    return triples(nquads, ox.RdfFormat.N_QUADS)


def test_every_format_says_the_same_by_suffix_and_by_accept(served: Served) -> None:
    path = served.at["haus"]
    ground_truth = triples(served.get(f"{path}.nt").content, ox.RdfFormat.N_TRIPLES)
    assert any("#geo>" in line for line in ground_truth)
    for suffix, (media, syntax) in SYNTAXES.items():
        for answer in (served.get(f"{path}.{suffix}"), served.get(path, media)):
            assert answer.status_code == 200
            assert answer.headers["content-type"].partition(";")[0] == media
            assert triples(answer.content, syntax) == ground_truth
    for answer in (served.get(f"{path}.jsonld"), served.get(path, "application/ld+json"), served.get(f"{path}.json")):
        assert expanded(served, answer.content) == ground_truth


def test_a_suffix_wins_over_accept(served: Served) -> None:
    answer = served.get(f"{served.at['haus']}.ttl", "application/ld+json")
    assert answer.headers["content-type"] == "text/turtle; charset=utf-8"


def test_flat_formats(served: Served) -> None:
    assert served.get(f"{served.at['haus']}.geojson").json()["geometry"]["coordinates"] == [12.728, 51.236]
    assert served.get(f"{served.at['haus']}.csv").text.splitlines()[1].startswith(f"{BASE}{served.at['haus']},")


def test_a_browser_gets_a_page(served: Served) -> None:
    answer = served.get(served.at["haus"], "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "Käsehaus Grimma" in answer.text
    assert "Schreibtisch" in answer.text  # the service, by its name
    assert 'href="/sources/liste"' in answer.text


def test_no_format_fits(served: Served) -> None:
    answer = served.get(served.at["haus"], "image/png")
    assert answer.status_code == 406
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"media_type": "text/turtle", "suffix": ".ttl"} in answer.json()["available"]
    assert "text/turtle" in answer.json()["detail"]


def test_validators_and_304(served: Served) -> None:
    path = f"{served.at['haus']}.jsonld"
    answer = served.get(path)
    tag, modified = answer.headers["etag"], answer.headers["last-modified"]
    assert tag.startswith('"')  # strong
    assert answer.headers["vary"] == "Accept, Accept-Profile"
    for headers in ({"if-none-match": tag}, {"if-none-match": f'"x", W/{tag}'}, {"if-none-match": "*"}):
        again = served.get(path, headers=headers)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert served.get(path, headers={"if-modified-since": modified}).status_code == 304
    # If-None-Match decides where both are given (RFC 9110 §13.2.2).
    both = {"if-none-match": '"other"', "if-modified-since": modified}
    assert served.get(path, headers=both).status_code == 200
    assert served.get(path, headers={"if-modified-since": "nonsense"}).status_code == 200


@pytest.mark.parametrize(
    "date",
    [
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 99999999999999999999 Jan 2026 00:00:00 GMT",
        "Mon, 01 Jan 2026 00:00:00 +99999999999999",
    ],
    ids=["year", "day", "time zone"],
)
def test_a_date_with_numbers_that_none_can_hold_is_no_date(served: Served, date: str) -> None:
    for path in (f"{served.at['haus']}.ttl", f"{served.at['haus']}.ttl", "/sites.ttl"):  # the second one was kept
        assert served.get(path, headers={"if-modified-since": date}).status_code == 200


def test_every_format_has_its_own_tag(served: Served) -> None:
    tags = {served.get(f"{served.at['haus']}.{suffix}").headers["etag"] for suffix in (*SYNTAXES, "jsonld", "html")}
    assert len(tags) == 6


def test_links_to_the_other_formats(served: Served) -> None:
    links = served.get(served.at["haus"], "text/turtle").headers["link"]
    assert f'<{BASE}{served.at["haus"]}.jsonld>; rel="alternate"; type="application/ld+json"' in links


def test_head_is_get_without_body(served: Served) -> None:
    path = f"{served.at['haus']}.ttl"
    whole = served.get(path)
    head = served.client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "content-type", "content-length", "last-modified"):
        assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize("suffix", ["", ".ttl", ".ttl?x=1"])
def test_a_merged_entity_leads_to_the_winner(served: Served, suffix: str) -> None:
    answer = served.get(served.merged + suffix)
    assert answer.status_code == 301
    assert answer.headers["location"] == BASE + served.at["haus"] + suffix


def test_a_withdrawn_entity_leaves_a_tombstone(served: Served) -> None:
    answer = served.get(served.withdrawn, "text/turtle")
    assert answer.status_code == 410
    (kind,) = (q.object for q in ox.parse(answer.content, ox.RdfFormat.TURTLE) if q.predicate.value.endswith("#type"))
    assert kind.value == "https://www.w3.org/ns/activitystreams#Tombstone"
    problem = served.get(served.withdrawn, "application/json")
    assert (problem.status_code, problem.json()["status"]) == (410, 410)
    page = served.get(served.withdrawn, "text/html")
    assert page.status_code == 410
    assert "zurückgezogen" in page.text


@pytest.mark.parametrize(
    "path",
    [
        "/site/none-2345", "/site/..%2f..%2fetc%2fpasswd", "/site/%00", "/site/%ff", "/site/a'--", "/site/A",
        "/site/" + "a" * 5000, "/site/none-2345.exe", "/network/none", "/site/", "/nothing", "/static/../app.py",
    ],
)  # fmt: skip
def test_what_is_not_there(served: Served, path: str) -> None:
    answer = served.get(path)
    assert answer.status_code == 404
    problem = answer.json()
    assert problem["title"]
    assert problem["detail"].endswith(("…", ".", "?q=…"))


def test_an_entity_of_another_kind_is_not_found(served: Served) -> None:
    assert served.get(served.at["haus"].replace("/site/", "/network/")).status_code == 404


def test_nothing_that_a_source_says_becomes_markup(served: Served) -> None:
    text = served.get(served.nasty, "text/html").text
    assert "<script>alert" not in text
    assert "<img" not in text
    assert 'href="javascript:' not in text
    assert 'href="data:' not in text
    assert 'onmouseover="' not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    listed = served.get("/sites?q=alert", "text/html").text
    assert "<script>alert" not in listed
