"""Questions to engines that misbehave, and the small changes that questions undergo on their way."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from pyoxigraph import NamedNode, QuerySolutions

from registry.engine import Remote
from registry.engine.remote.asking import Asked
from registry.engine.remote.connection import (
    RESULTS,
    Connection,
    NotEvaluated,
    RemoteError,
    TooSlow,
    Unreachable,
)
from registry.engine.remote.rewriting import based, hiding, without_dataset
from tests.standins.misbehaviour import broken_off, hang, redirect
from tests.standins.server import Reply, Request, StandIn

ROWS = '{"head":{"vars":["s"]},"results":{"bindings":[%s]}}'
ROW = '{"s":{"type":"uri","value":"urn:a"}}'
SELECT = "SELECT ?s { ?s ?p ?o }"


@pytest.fixture
def server() -> Iterator[StandIn]:
    with StandIn() as server:
        yield server


def there(server: StandIn, **changes: Any) -> Remote:
    url = server.url("/sparql")
    return replace(Remote(url=url, update_url=url, home="http://example.org", lock="", kind="sparql"), **changes)


def ask(server: StandIn, query: str = SELECT, seconds: float = 20.0, **changes: Any) -> list[str]:
    asked = Asked(Connection(there(server, **changes)), "urn:catalogue")
    with asked.answering(seconds):
        rows = asked.query(query)
        assert isinstance(rows, QuerySolutions)
        return [str(row["s"]) for row in rows]


def test_rows_come_as_they_are(server: StandIn) -> None:
    server.route("/sparql", Reply(ROWS % ",".join([ROW] * 5000), headers={"Content-Type": RESULTS}))
    assert ask(server) == ["<urn:a>"] * 5000


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Reply(ROWS % (ROW + ",")), Unreachable),
        (Reply(""), Unreachable),
        (Reply("<html>"), Unreachable),
        (Reply('{"head":{}}'), Unreachable),
        (broken_off((ROWS % ROW)[:60].encode()), Unreachable),
        (Reply("", 503), Unreachable),
        (Reply("Virtuoso 42001 Error\n\nSPARQL query:\nSELECT", 500), NotEvaluated),
        (Reply(ROWS % ROW, headers={"X-SQL-State": "S1TAT"}), TooSlow),
        (redirect("http://127.0.0.1:9/"), RemoteError),
        (Reply("", 404), RemoteError),
        (Reply("", 401), RemoteError),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_named(server: StandIn, answer: Any, error: type[RemoteError]) -> None:
    server.route("/sparql", answer)
    with pytest.raises(error) as caught:
        ask(server)
    assert type(caught.value) is error
    assert "\n" not in str(caught.value)


def test_one_that_says_nothing_is_left_in_time(server: StandIn) -> None:
    server.route("/sparql", hang())
    with pytest.raises(TooSlow):
        ask(server, seconds=-0.9)  # and one second of grace


def test_an_engine_may_give_out_fewer_rows_than_there_are(server: StandIn) -> None:
    server.route("/sparql", Reply(ROWS % ",".join([ROW] * 5), headers={"X-SPARQL-MaxRows": "5"}))
    asked = Asked(Connection(there(server)), "")
    with asked.answering(20):
        asked.query(SELECT)
        assert asked.most_rows == 4  # of which it is certain that there are more


def test_a_password_is_sent_at_once_where_that_is_how_it_is_done(server: StandIn) -> None:
    server.route("/sparql", Reply(ROWS % ROW))
    ask(server, authentication="basic", user="käthe", password="geheim")
    sent = base64.b64decode(server.requests[-1].headers["authorization"].removeprefix("Basic "))
    assert sent.decode() == "käthe:geheim"


def _form(server: StandIn, query: str, kind: str, **dataset: Any) -> dict[str, str]:
    server.route("/sparql", Reply(ROWS % ROW))
    asked = Asked(Connection(there(server, kind=kind)), "urn:catalogue")
    with asked.answering(20):
        asked.query(query, **dataset)
    found: Request = server.requests[-1]
    return found.form


def test_the_dataset_is_said_in_the_words_of_the_engine(server: StandIn) -> None:
    graph = NamedNode("urn:g")
    assert _form(server, SELECT, "oxigraph") == {"query": SELECT}
    assert _form(server, SELECT, "oxigraph", default_graph=[graph])["default-graph-uri"] == "urn:g"
    assert "union-default-graph" in _form(server, SELECT, "oxigraph", use_default_graph_as_union=True)
    with pytest.raises(NotEvaluated, match="unite"):
        _form(server, SELECT, "sparql", use_default_graph_as_union=True)
    said = _form(server, SELECT, "virtuoso")
    assert said["default-graph-uri"] == "urn:catalogue"
    assert said["timeout"] == "21000"
    said = _form(server, "SELECT * FROM <urn:h> { ?s ?p ?o }", "virtuoso", named_graphs=[graph])
    assert said["named-graph-uri"] == "urn:g"
    assert said["default-graph-uri"] == "urn:orte:nothing"
    assert "FROM" not in said["query"]
    said = _form(server, "SELECT * FROM <urn:h> { ?s ?p ?o }", "virtuoso")
    assert "default-graph-uri" not in said
    assert "FROM <urn:h>" in said["query"]


@pytest.mark.parametrize("kind", ["oxigraph", "virtuoso"])
def test_what_our_parser_does_not_take_is_not_sent(server: StandIn, kind: str) -> None:
    for query in ("SELECT", 'define get:soft "soft" ' + SELECT, "SELECT (<bif:x>() AS ?s) {}", "DROP ALL"):
        with pytest.raises((SyntaxError, RuntimeError)):
            _form(server, query, kind)
    assert server.requests == []


HIDDEN = "FILTER(!BOUND({0}) || {0} NOT IN (<urn:m>))"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT * { GRAPH ?g { ?s ?p ?o } }", "SELECT * { GRAPH ?g { ?s ?p ?o } %g }"),
        ("ASK{graph$g{?s ?p '}'}. ?s ?p ?o}", "ASK{graph$g{?s ?p '}'} %h. ?s ?p ?o}"),
        ("ASK { GRAPH <urn:m> { ?s ?p ?o } }", "ASK { GRAPH <urn:m> { ?s ?p ?o } }"),
        ("ASK { GRAPH ?g { { ?s ?p [] } UNION {} } }", "ASK { GRAPH ?g { { ?s ?p [] } UNION {} } %g }"),
        ("ASK { GRAPH ?g { GRAPH $g {} } }", "ASK { GRAPH ?g { GRAPH $g {} %h } %g }"),
        ("ASK { BIND('GRAPH ?g { }' AS ?g) # GRAPH ?g { }\n}", "ASK { BIND('GRAPH ?g { }' AS ?g) # GRAPH ?g { }\n}"),
    ],
)
def test_graphs_are_hidden_behind_every_pattern_that_may_meet_them(query: str, expected: str) -> None:
    for mark, variable in (("%g", "?g"), ("%h", "$g")):
        expected = expected.replace(mark, HIDDEN.format(variable))
    assert hiding(query, ["urn:m"]) == expected
    assert hiding(query, []) == query


def test_a_dataset_in_the_request_takes_the_place_of_that_in_the_query() -> None:
    query = "PREFIX x: <urn:> SELECT * FROM x:g\nFROM  NAMED <urn:h> WHERE { ?s x:FROM 'FROM <a:b>' }"
    bare = without_dataset(query)
    assert bare.split() == "PREFIX x: <urn:> SELECT * WHERE { ?s x:FROM 'FROM <a:b>' }".split()
    assert len(bare) == len(query)


def test_a_query_has_one_base() -> None:
    rebased: Callable[[str], str] = lambda query: based(query, "urn:b")  # noqa: E731
    assert rebased("ASK {}") == "BASE <urn:b> ASK {}"
    assert rebased("PREFIX base: <urn:> ASK { base:BASE ?p ?o }").startswith("BASE <urn:b> PREFIX")
    assert rebased("base <urn:c> ASK {}") == "base <urn:c> ASK {}"
    assert rebased("PREFIX x: <urn:> BASE <urn:c> ASK {}") == "PREFIX x: <urn:> BASE <urn:c> ASK {}"
