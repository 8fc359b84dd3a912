"""Every parser we wrote, given anything: an answer or a proper refusal, never an error nobody foresaw."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from string import printable
from urllib.parse import quote

import pyoxigraph as ox
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harvesters.source import SourceError, load
from registry.engine import QueryRefused, inspect
from registry.formats import NotAcceptable, negotiate
from registry.formats.media import CSV, HTML, JSONLD, TURTLE
from registry.project import _projected
from registry.record import NotARecord, canonical, digest, parse
from registry.search.query import BadCursor, Position, decode

MANY = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
FEW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
HTTP = st.text(printable, max_size=60)
SORTS = st.sampled_from(["name", "modified", "distance", "relevance"])


@MANY
@given(ANY, SORTS)
def test_cursors(text: str, sort: str) -> None:
    with suppress(BadCursor):
        assert decode(text, sort).sort == sort  # type: ignore[arg-type]


@MANY
@given(ANY, st.integers(0, 2**62 - 1))
def test_a_cursor_comes_back_as_it_was(text: str, number: int) -> None:
    position = Position("name", (text,), number)
    assert decode(position.encode(), "name") == position


ACCEPT = 'text/|*/*|html|;q=|0.5|,|;|=|"|\\|application/ld+json| |1e9|nan|-1|q'.split("|")
SPARQL = (
    "SELECT * { } ( ) ?a < > \" ' ''' \"\"\" \\ \\u0053 # SERVICE LOAD PREFIX a: : b @de ^^ 1.5e INSERT BASE <a> /*"
    " FILTER [ ]"
    " << >> \x00"
).split(" ")
NAMES = (
    "bbox near radius modified_since limit cursor sort q theme region phase source type network fields lang profile"
    " facets"
).split(" ")
VALUES = ["1", "-", ".", ",", "e", "9", "nan", "inf", "٣", "T", ":", "Z", "+", " "]


def _pieces(pieces: list[str], most: int = 20, between: str = "") -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(pieces), max_size=most).map(between.join)


@MANY
@given(HTTP | _pieces(ACCEPT))
def test_accept(text: str) -> None:
    offered = (HTML, JSONLD, TURTLE, CSV)
    with suppress(NotAcceptable):
        assert negotiate(text, offered) in offered


@MANY
@given(_pieces([*SPARQL, "\n"], 40, " ") | ANY)
def test_queries(text: str) -> None:
    """What passes the guard, Oxigraph can parse or refuse; neither raises anything else."""
    with suppress(QueryRefused):
        inspect(text, 4096, 30)
        with suppress(SyntaxError, ValueError):
            ox.Store().query(text)


@FEW
@given(st.sampled_from(NAMES), ANY | _pieces(VALUES))
def test_parameters(hostile: TestClient, name: str, value: str) -> None:
    answer = hostile.get("/sites.jsonld", params={name: value})
    assert answer.status_code in (200, 400, 404, 422), answer.text
    if answer.status_code != 200:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"]


@FEW
@given(ANY, st.sampled_from(["", ".ttl", ".csv", ".jsonld", ".html", ".xyz"]))
def test_addresses(hostile: TestClient, name: str, suffix: str) -> None:
    for room in ("site", "sources", "region", "feed", "dump", "runs"):
        answer = hostile.get(f"/{room}/{quote(name, safe='/')}{suffix}")
        assert answer.status_code < 500, answer.text


TOML = st.recursive(
    st.none() | st.integers() | st.booleans() | st.text("ab'\"\\\n=[]{}#.", max_size=8),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=3,
).map(lambda value: f"id = {value!r}\n[read]\nreader = 'json'\n")


@FEW
@given(ANY | TOML)
def test_source_toml(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder: Path = tmp_path_factory.mktemp("source")
    (folder / "source.toml").write_text(text, encoding="utf-8")
    (folder / "lift.rq").write_text("CONSTRUCT {} WHERE {}", encoding="utf-8")
    with suppress(SourceError):
        load(folder)


GRAPH = "http://a.example/records/1"
IRIS = st.sampled_from([GRAPH, f"{GRAPH}#it", f"{GRAPH}#geo", "http://b.example/x", "urn:a"]).map(ox.NamedNode)
LITERALS = st.builds(ox.Literal, ANY) | st.builds(lambda text: ox.Literal(text, language="de"), ANY)


@MANY
@given(st.sets(st.builds(ox.Triple, IRIS, IRIS, IRIS | LITERALS), max_size=12))
def test_canonical_lines_are_projected_as_the_parsed_graph_would_be(triples: set[ox.Triple]) -> None:
    """The projection works on text; done on parsed quads it must come to the same, whatever literals hold."""
    text = canonical(triples, GRAPH)
    assert digest(canonical({quad.triple for quad in parse(text)}, GRAPH)) == digest(text)
    thing, entity = f"{GRAPH}#it", "http://a.example/site/x-abcd"
    found = set(ox.parse(_projected(GRAPH, text, {f"<{thing}>": f"<{entity}>"}), ox.RdfFormat.N_QUADS))

    def renamed(term: ox.NamedNode | ox.Literal) -> ox.NamedNode | ox.Literal:
        return ox.NamedNode(entity) if term == ox.NamedNode(thing) else term

    expected = set()
    for triple in triples:
        own = triple.subject == ox.NamedNode(GRAPH)
        graph = ox.DefaultGraph() if own else ox.NamedNode(GRAPH)
        subject = triple.subject if own else renamed(triple.subject)  # type: ignore[arg-type]
        expected.add(ox.Quad(subject, triple.predicate, renamed(triple.object), graph))  # type: ignore[arg-type]
    assert found == expected


def test_a_blank_node_is_never_canonical() -> None:
    with pytest.raises(NotARecord):
        canonical([ox.Triple(ox.BlankNode(), ox.NamedNode("urn:a"), ox.Literal("x"))], GRAPH)
