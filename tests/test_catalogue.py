"""From a source on the web to an answer in SPARQL and JSON-LD, each part real: stand-in server, processes, HTTP."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pyoxigraph as ox
import pytest
from pyld import jsonld

from harvesters.source import discover
from tests.serving import orte, serving
from tests.standins.openfairdb import OpenFairDB
from tests.standins.wordpress import WordPress, kreativorte

PREFIXES = "PREFIX orte: <https://w3id.org/orte/ns#> PREFIX schema: <https://schema.org/> "


def settings(data: Path, source: str, url: str, more: str = "") -> Path:
    """A data directory in which one source is read from a stand-in, and no other one at all."""
    data.mkdir(parents=True, exist_ok=True)
    host = url.split("/")[2]
    (data / "registry.toml").write_text(
        f'{more}\n[fetch]\nallow_private_hosts = ["{host}"]\ndelay = 0\nretries = 0\n'
        f'[sources.{source}.read]\nurl = "{url}"\n',
        encoding="utf-8",
    )
    return data


def select(base: str, query: str) -> list[dict[str, str]]:
    pause = threading.Event()
    for _ in range(20):
        answer = httpx.post(f"{base}/sparql", data={"query": PREFIXES + query}, timeout=30)
        if answer.status_code != 503:
            break
        pause.wait(float(answer.headers["retry-after"]))  # on a busy machine the engine takes its time to start
    assert answer.status_code == 200, answer.text
    return [{name: value["value"] for name, value in row.items()} for row in answer.json()["results"]["bindings"]]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Any:
    data = tmp_path_factory.mktemp("study")
    (data / "registry.toml").write_text("[limits]\nquery_seconds = 2\n", encoding="utf-8")
    assert orte(data, "harvest", "studie").returncode == 0
    with serving(data) as base:
        yield base


def test_run_ends_in_a_working_catalogue_though_no_source_can_be_reached(tmp_path: Path) -> None:
    away = "http://127.0.0.1:9/"
    sources = ("openfairdb", "kreativorte-mitteldeutschland", "kreativorte-im-gruenen", "openstreetmap", "wikidata")
    tables = "".join(
        f'[sources.{name}.read]\nurl = "{away}"\n' for name in (*sources, "spaceapi", "offene-werkstaetten")
    )
    (tmp_path / "registry.toml").write_text(f"[fetch]\nretries = 0\n{tables}", encoding="utf-8")
    with serving(tmp_path, "run") as base:
        names = select(base, "SELECT ?n { ?s a orte:Network ; schema:name ?n }")
        assert len(names) == 9
        enabled = {source.id for source in discover().values() if source.enabled}
        tried, pause, end = set[str](), threading.Event(), time.monotonic() + 120
        while tried != enabled and time.monotonic() < end:  # the others are tried in the background
            pause.wait(0.1)
            states = httpx.get(f"{base}/sources", headers={"Accept": "application/ld+json"}).json()
            tried = {one["identifier"] for one in states["member"] if "lastRun" in one}
        assert tried == enabled
        assert len(select(base, "SELECT ?n { ?s a orte:Network ; schema:name ?n }")) == 9


def test_the_studys_places_as_json_ld_that_reads_like_json(study: str) -> None:
    answer = httpx.get(f"{study}/sites", headers={"Accept": "application/ld+json"})
    assert answer.headers["content-type"].startswith("application/ld+json")
    names = {one["name"]["de"] for one in answer.json()["member"]}
    assert {"Kulturhaus Beucha", "Röcknitz in Thallwitz", "Glascampus Torgau", "Nudelfabrik Zeitz"} <= names
    beucha = next(one for one in answer.json()["member"] if one["name"]["de"] == "Kulturhaus Beucha")
    assert (beucha["type"], beucha["phase"], beucha["region"]) == ("CooperationSite", "building", "14729")


def test_the_vr_centre_is_part_of_the_house_not_the_same(study: str) -> None:
    (row,) = select(
        study, 'SELECT ?house { ?s schema:name ?n ; orte:partOf/schema:name ?house FILTER(CONTAINS(?n, "VR")) }'
    )
    assert row["house"] == "Nudelfabrik Zeitz"


@pytest.mark.parametrize("collection", ["sites", "networks", "organisations"])
def test_json_ld_and_turtle_say_the_same(study: str, collection: str) -> None:
    context = httpx.get(f"{study}/context.jsonld").json()

    def load(url: str, _options: object) -> dict[str, Any]:
        assert url.endswith("/context.jsonld")
        return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url, "document": context}

    members = httpx.get(f"{study}/{collection}", headers={"Accept": "application/ld+json"}).json()["member"]
    assert members
    for member in members:
        path = "/" + member["id"].split("/", 3)[3]
        turtle = httpx.get(study + path + ".ttl")
        assert turtle.headers["content-type"].startswith("text/turtle")
        document = httpx.get(study + path, headers={"Accept": "application/ld+json"}).json()
        expanded = jsonld.to_rdf(document, {"documentLoader": load, "format": "application/n-quads"})
        told = {str(quad.triple) for quad in ox.parse(expanded, format=ox.RdfFormat.N_QUADS)}
        said = {str(quad.triple) for quad in ox.parse(turtle.content, format=ox.RdfFormat.TURTLE)}
        assert told == said
        ntriples = httpx.get(study + path, headers={"Accept": "application/n-triples"})
        assert {str(q.triple) for q in ox.parse(ntriples.content, format=ox.RdfFormat.N_TRIPLES)} == said
        assert "text/html" in httpx.get(study + path, headers={"Accept": "text/html"}).headers["content-type"]


def test_an_endless_query_is_refused_while_others_are_answered_at_once(study: str) -> None:
    slow = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    answers: list[httpx.Response] = []
    thread = threading.Thread(
        target=lambda: answers.append(httpx.post(f"{study}/sparql", data={"query": slow}, timeout=30))
    )
    thread.start()
    waits = []
    with httpx.Client(base_url=study) as client:
        client.get("/health")
        while thread.is_alive():
            began = time.perf_counter()
            assert client.get("/sites", headers={"Accept": "application/ld+json"}).status_code == 200
            assert client.get("/sparql", params={"query": "ASK { ?s ?p ?o }"}).json()["boolean"] is True
            waits.append(time.perf_counter() - began)
    thread.join()
    assert answers[0].status_code == 503
    assert answers[0].headers["content-type"] == "application/problem+json"
    assert "2 s" in answers[0].json()["detail"]
    assert sorted(waits)[len(waits) // 2] < 0.1, "half of all pairs of answers took less than a tenth of a second"


@pytest.mark.parametrize(
    ("query", "format_", "media"),
    [
        ("SELECT * { ?s ?p ?o } LIMIT 1", "xml", "application/sparql-results+xml"),
        ("SELECT * { ?s ?p ?o } LIMIT 1", "csv", "text/csv"),
        ("SELECT * { ?s ?p ?o } LIMIT 1", "tsv", "text/tab-separated-values"),
        ("ASK { ?s ?p ?o }", "json", "application/sparql-results+json"),
        ("CONSTRUCT WHERE { ?s ?p ?o } LIMIT 1", "turtle", "text/turtle"),
        ("CONSTRUCT WHERE { ?s ?p ?o } LIMIT 1", "ntriples", "application/n-triples"),
        ("DESCRIBE <https://w3id.org/orte/region/14729>", "jsonld", "application/ld+json"),
    ],
)
def test_sparql_speaks_every_format_by_name_and_by_accept(study: str, query: str, format_: str, media: str) -> None:
    by_name = httpx.get(f"{study}/sparql", params={"query": query, "format": format_})
    by_accept = httpx.get(f"{study}/sparql", params={"query": query}, headers={"Accept": media})
    for answer in (by_name, by_accept):
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].split(";")[0] == media
        assert answer.content


def test_openfairdb_gives_what_lies_in_the_boxes_and_nothing_new_the_second_time(shared: Path, tmp_path: Path) -> None:
    search = json.loads((shared / "data" / "openfairdb_search_results.json").read_text(encoding="utf-8"))
    places = search["visible"] + search["invisible"]
    with OpenFairDB(places) as api:
        data = settings(tmp_path, "openfairdb", api.api())
        (first,) = json.loads(orte(data, "harvest", "openfairdb", "--json").stdout)
        before = orte(data, "digest").stdout
        (second,) = json.loads(orte(data, "harvest", "openfairdb", "--json").stdout)
    boxes = [
        tuple(map(float, request.query["bbox"].split(",")))
        for request in api.requests
        if request.path.endswith("/search")
    ]
    inside = {
        place["id"]
        for place in search["visible"]
        if any(s <= place["lat"] <= n and w <= place["lng"] <= e for s, w, n, e in boxes)
    }
    assert inside, "the real answer has places in the region"
    with serving(data) as base:
        rows = select(base, "SELECT ?key { ?record a orte:Record ; <http://purl.org/dc/terms/identifier> ?key }")
    assert {row["key"] for row in rows} == inside
    assert first["counts"]["created"] == len(inside)
    assert [second["counts"][name] for name in ("created", "updated", "withdrawn")] == [0, 0, 0]
    assert orte(data, "digest").stdout == before


SITES = """SELECT ?site ?name ?region {
  ?site a orte:CooperationSite ; schema:name ?name OPTIONAL { ?site orte:region ?region } }"""

WAYS: dict[str, dict[str, Any]] = {
    "rest": {},
    "sitemap and JSON-LD": {"rest": False, "structured": "json-ld"},
    "sitemap and headings": {"rest": False},
}


def test_the_same_six_creative_places_in_each_of_three_ways(tmp_path: Path) -> None:
    found = {}
    for way, offers in WAYS.items():
        with WordPress(kreativorte()) as site:
            for name, value in offers.items():
                setattr(site, name, value)
            data = settings(tmp_path / way.replace(" ", "-"), "kreativorte-mitteldeutschland", site.url("/"))
            done = orte(data, "harvest", "kreativorte-mitteldeutschland", "--json")
            assert done.returncode == 0, done.stdout
        with serving(data) as base:
            rows = select(base, SITES)
        found[way] = {(row["site"], row["name"], row.get("region", "").rpartition("/")[2]) for row in rows}
    assert len({frozenset(rows) for rows in found.values()}) == 1, found
    places = {name: region for _, name, region in found["rest"]}
    assert len(places) == 6
    assert places["Bahnhof Leisnig"] == "", "Leisnig is there, but lies in none of the nine districts"
    assert places["Alte Rösterei Grimma"] == "14729"
