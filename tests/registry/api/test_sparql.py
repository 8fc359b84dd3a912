"""The SPARQL endpoint, with the real engine: protocol, formats, errors, limits."""

from __future__ import annotations

import asyncio
import csv
import io
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, IncompleteRead
from typing import Any

import pyoxigraph as ox
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.types import Receive, Scope, Send

from registry.api import create_app
from registry.config import Config
from registry.engine import EngineBusy, EngineError, EngineStarting, QueryAnswer, QueryRequest
from tests.registry.api.conftest import Served
from tests.registry.conftest import BASE

NAMES = "SELECT ?n { ?s a <https://w3id.org/orte/ns#CooperationSite> ; <https://schema.org/name> ?n } ORDER BY ?n"
FORM = "application/x-www-form-urlencoded"
GRAPH = "CONSTRUCT { ?s <https://schema.org/name> ?n } WHERE { ?s <https://schema.org/name> ?n }"


def ask(served: Served, query: str, accept: str | None = None, **parameters: str) -> Any:
    return served.get("/sparql", accept, params={"query": query, **parameters})


def test_get_form_and_direct_answer_the_same(served: Served) -> None:
    by_get = ask(served, NAMES)
    assert by_get.status_code == 200
    assert by_get.headers["content-type"] == "application/sparql-results+json"
    assert {"type": "literal", "value": "Käsehaus Grimma", "xml:lang": "de"} in [
        row["n"] for row in by_get.json()["results"]["bindings"]
    ]
    by_form = served.client.post("/sparql", data={"query": NAMES})
    direct = {"content-type": "application/sparql-query; charset=utf-8"}
    by_body = served.client.post("/sparql", content=NAMES.encode(), headers=direct)
    assert by_get.content == by_form.content == by_body.content


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, "application/sparql-results+json"),
        ("application/json", "application/sparql-results+json"),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("application/xml", "application/sparql-results+xml"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
        ("text/turtle;q=0.9, application/sparql-results+xml;q=0.8", "application/sparql-results+xml"),
    ],
)
def test_formats_of_solutions(served: Served, accept: str | None, media: str) -> None:
    assert ask(served, NAMES, accept).headers["content-type"] == media


@pytest.mark.parametrize(
    ("accept", "syntax"),
    [
        (None, ox.RdfFormat.TURTLE),
        ("application/n-triples", ox.RdfFormat.N_TRIPLES),
        ("application/ld+json", ox.RdfFormat.JSON_LD),
        ("application/rdf+xml", ox.RdfFormat.RDF_XML),
        ("application/sparql-results+json, text/turtle;q=0.1", ox.RdfFormat.TURTLE),
    ],
)
def test_formats_of_graphs(served: Served, accept: str | None, syntax: ox.RdfFormat) -> None:
    answer = ask(served, GRAPH, accept)
    assert answer.headers["content-type"].partition(";")[0] == syntax.media_type
    found = {str(quad.triple) for quad in ox.parse(answer.content, syntax)}
    assert len(found) > 16


@pytest.mark.parametrize(
    ("query", "format", "media"),
    [
        ("ASK {}", "xml", "application/sparql-results+xml"),
        (NAMES, "csv", "text/csv; charset=utf-8"),
        (GRAPH, "nt", "application/n-triples"),
        (GRAPH, "jsonld", "application/ld+json"),
        (GRAPH, "json", "application/ld+json"),
        (NAMES, "ttl", "application/sparql-results+json"),
    ],
)
def test_format_wins_over_accept(served: Served, query: str, format: str, media: str) -> None:
    assert ask(served, query, "image/png", format=format).headers["content-type"] == media


def test_no_format_fits_the_form_of_the_query(served: Served) -> None:
    answer = ask(served, NAMES, "text/turtle")
    assert answer.status_code == 406
    assert "application/sparql-results+json" in answer.json()["detail"]
    assert ask(served, GRAPH, "application/sparql-results+json").status_code == 406
    assert ask(served, GRAPH, "text/turtle, application/sparql-results+json").status_code == 200


def test_ask_and_describe(served: Served) -> None:
    assert ask(served, "ASK { ?s ?p ?o }").json()["boolean"] is True
    described = ask(served, f"DESCRIBE <{BASE}{served.at['haus']}>", "application/n-triples").text
    assert "#geo> <https://schema.org/latitude>" in described  # nested nodes included


def test_which_source_said_it(served: Served) -> None:
    query = (
        "SELECT ?record ?licence { GRAPH ?record { ?site <https://schema.org/telephone> ?tel }"
        " ?record <http://purl.org/dc/terms/license> ?licence }"
    )
    (row,) = ask(served, query).json()["results"]["bindings"]
    assert row["record"]["value"] == f"{BASE}/sources/liste/records/haus"


def test_the_dataset_of_the_protocol(served: Served) -> None:
    record = f"{BASE}/sources/liste/records/haus"
    query = "SELECT ?n { ?s <https://schema.org/name> ?n }"
    (row,) = ask(served, query, **{"default-graph-uri": record}).json()["results"]["bindings"]
    assert row["n"]["value"] == "Käsehaus Grimma"
    everything = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    count = [
        int(ask(served, everything, **more).json()["results"]["bindings"][0]["n"]["value"])
        for more in ({}, {"default-graph-uri": "urn:x-arq:UnionGraph"})
    ]
    assert count[1] > count[0]


def test_headers_of_an_answer(served: Served) -> None:
    answer = ask(served, NAMES)
    assert (answer.headers["orte-limit-seconds"], answer.headers["orte-limit-rows"]) == ("2", "1000")
    assert int(answer.headers["orte-sequence"]) > 0
    assert "orte-truncated" not in answer.headers
    many = "SELECT * { VALUES ?a {" + "1 " * 60 + "} VALUES ?b {" + "1 " * 60 + "} }"
    cut = ask(served, many, "text/csv")
    assert cut.headers["orte-truncated"] == "true"
    assert len(list(csv.reader(io.StringIO(cut.text)))) == 1001


def test_head_of_a_query_has_no_body(served: Served) -> None:
    answer = served.client.head("/sparql", params={"query": "ASK {}"})
    assert (answer.status_code, answer.content) == (200, b"")


def test_wrong_syntax_names_line_and_column(served: Served) -> None:
    answer = ask(served, "SELECT * {\n  ?s ?p \n}")
    assert answer.status_code == 400
    problem = answer.json()
    assert (problem["line"], problem["type"]) == (3, f"{BASE}/docs#query-refused")
    assert problem["column"] >= 1


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", "SERVICE"),
        ("INSERT DATA { <a:a> <b:b> <c:c> }", "updates"),
        ("LOAD <http://127.0.0.1:1/>", "updates"),
        ("ASK " + "{" * 5000, "brackets"),
        ("ASK {} #" + "x" * 70_000, "bytes long"),
        ("", ""),
    ],
)
def test_what_is_refused(served: Served, query: str, said: str) -> None:
    answer = served.client.post("/sparql", data={"query": query})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert said in answer.json()["detail"]


def test_a_query_that_takes_too_long(served: Served) -> None:
    answer = ask(served, "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", timeout="0.3")
    assert answer.status_code == 503
    assert answer.json()["type"] == f"{BASE}/docs#query-timeout"
    assert answer.json()["limit_seconds"] == 2
    assert "0.3 s" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "options", "status", "said"),
    [
        ("POST", {"data": {"update": "DROP ALL"}}, 400, "updates"),
        ("GET", {"params": {"update": "DROP ALL"}}, 400, "updates"),
        ("POST", {"content": b"DROP ALL", "headers": {"content-type": "application/sparql-update"}}, 400, "updates"),
        ("POST", {"content": b"x", "headers": {"content-type": "text/plain"}}, 415, "application/sparql-query"),
        ("POST", {"content": b"", "headers": {}}, 415, "application/sparql-query"),
        ("POST", {"data": {"q": "ASK {}"}}, 400, "query"),
        ("POST", {"content": b"\xff", "headers": {"content-type": "application/sparql-query"}}, 400, "UTF-8"),
        ("POST", {"content": b"query=\xff", "headers": {"content-type": FORM}}, 400, "UTF-8"),
        ("GET", {"params": [("query", "ASK {}"), ("query", "ASK {}")]}, 400, "more than one"),
        ("GET", {"params": {"query": "ASK {}", "format": "docx"}}, 422, "format"),
        ("GET", {"params": {"query": "ASK {}", "timeout": "-1"}}, 422, "timeout"),
        ("GET", {"params": {"query": "ASK {}", "timeout": "nan"}}, 422, "timeout"),
        ("GET", {"params": {"query": "ASK {}", "default-graph-uri": "not an iri"}}, 400, ""),
        ("PUT", {"content": b"x"}, 405, "POST"),
    ],
)  # fmt: skip
def test_wrong_requests(served: Served, method: str, options: dict[str, Any], status: int, said: str) -> None:
    answer = served.client.request(method, "/sparql", **options)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert said in answer.json()["detail"]


def test_a_body_that_is_too_large(served: Served) -> None:
    direct = {"content-type": "application/sparql-query"}
    answer = served.client.post("/sparql", content=b"#" * 1_000_000, headers=direct)
    assert answer.status_code == 413


def test_service_description_and_editor(served: Served) -> None:
    answer = served.get("/sparql", "text/turtle")
    described = {str(quad.triple) for quad in ox.parse(answer.content, ox.RdfFormat.TURTLE)}
    assert any("sparql-service-description#endpoint" in line for line in described)
    assert served.get("/sparql", "application/ld+json").json()["id"] == f"{BASE}/sparql"
    page = served.get("/sparql", "text/html")
    assert "<textarea" in page.text
    linked = ask(served, "ASK { <a:b> ?p </textarea> }", "text/html,*/*;q=0.8").text
    assert "ASK { &lt;a:b&gt; ?p &lt;/textarea&gt; }" in linked


class StubEngine:
    """An engine that answers in the way a test wants to see."""

    ready = False
    sequence = -1

    def __init__(self) -> None:
        self.error: EngineError | None = None
        self.closed = False

    async def start(self) -> None: ...
    async def stop(self) -> None: ...

    async def query(self, request: QueryRequest) -> QueryAnswer:
        if self.error is not None:
            raise self.error
        return Breaking(self)


class Breaking:
    """An answer that breaks off after its first piece."""

    kind = "select"
    media_type = "text/csv"
    sequence = 1
    length = None
    truncated = False
    rows = None

    def __init__(self, engine: StubEngine) -> None:
        self.engine = engine

    async def chunks(self) -> AsyncIterator[bytes]:
        yield b"a\n"
        await asyncio.sleep(0)
        raise EngineError("the worker died")

    async def aclose(self) -> None:
        self.engine.closed = True


@pytest.fixture
def stubbed(served: Served) -> Iterator[tuple[TestClient, StubEngine]]:
    engine = StubEngine()
    app = create_app(Config(data=served.ground.folder, base_url=BASE), engine)
    with TestClient(app, base_url=BASE) as client:
        yield client, engine


def test_starting_and_busy_say_when_to_come_back(stubbed: tuple[TestClient, StubEngine]) -> None:
    client, engine = stubbed
    for error, kind in (
        (EngineStarting("The engine is loading.", retry_after=2.6), "engine-starting"),
        (EngineBusy("Too many are waiting.", retry_after=None), "engine-busy"),
    ):
        engine.error = error
        answer = client.get("/sparql", params={"query": "ASK {}"})
        assert (answer.status_code, answer.json()["type"]) == (503, f"{BASE}/docs#{kind}")
        assert int(answer.headers["retry-after"]) >= 1


def test_the_catalogue_does_not_wait_for_the_engine(stubbed: tuple[TestClient, StubEngine], served: Served) -> None:
    client, _ = stubbed
    assert client.get(f"{served.at['haus']}.ttl").status_code == 200
    assert client.get("/sites").status_code == 200
    health = client.get("/health")
    assert (health.status_code, health.json()["parts"]["engine"]["ready"]) == (503, False)
    assert client.get("/health/ready").status_code == 503
    assert client.get("/health/live").status_code == 200


def test_an_answer_that_breaks_off_is_not_completed(served: Served) -> None:
    engine = StubEngine()
    app = create_app(Config(data=served.ground.folder, base_url=BASE), engine)
    with listening(app) as port:
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/sparql?query=ASK%7B%7D")
        answer = connection.getresponse()
        assert answer.status == 200
        with pytest.raises(IncompleteRead) as caught:
            answer.read()
        assert caught.value.partial == b"a\n"
        connection.close()
    assert engine.closed


class PatientEngine(StubEngine):
    """An engine that never answers, and tells when it need not any more."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()
        self.cancelled = threading.Event()

    async def query(self, request: QueryRequest) -> QueryAnswer:
        self.asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        raise AssertionError


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_client_that_hangs_up_ends_its_query(served: Served, method: str) -> None:
    engine = PatientEngine()
    app = create_app(Config(data=served.ground.folder, base_url=BASE), engine)
    with listening(app) as port:
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        if method == "GET":
            connection.request("GET", "/sparql?query=ASK%7B%7D")
        else:
            connection.request("POST", "/sparql", b"ASK {}", {"Content-Type": "application/sparql-query"})
        assert engine.asked.wait(10)
        connection.close()
        assert engine.cancelled.wait(10)


@contextmanager
def listening(app: FastAPI) -> Iterator[int]:
    """The application on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]})
        thread.start()
        try:
            yield sock.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(10)


def test_queries_are_answered_without_the_framework_and_errors_in_its_words(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    direct = served.client.app.observed.app.app  # type: ignore[attr-defined]
    framework = direct.framework

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append((scope["method"], scope["path"]))
        await framework(scope, receive, send)

    monkeypatch.setattr(direct, "framework", watched)
    got = served.client.get("/sparql", params={"query": NAMES})
    posted = served.client.post("/sparql", data={"query": NAMES})
    assert (got.status_code, got.content) == (200, posted.content)
    for answer in (got, posted):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["x-request-id"]
    refused = served.client.post("/sparql", data={"query": "SELEKT"})
    assert (refused.status_code, refused.headers["content-type"]) == (400, "application/problem+json")
    assert refused.headers["access-control-allow-origin"] == "*"
    unwritable = served.client.get("/sparql", params={"query": NAMES}, headers={"Accept": "image/png"})
    assert unwritable.status_code == 406
    page = served.client.get("/sparql", params={"query": NAMES}, headers={"Accept": "text/html"})
    assert "content-security-policy" in page.headers
    assert asked == []
    counted = served.get("/metrics").text
    assert 'orte_requests_total{method="POST",route="/sparql",status="400"}' in counted
    asked.clear()
    assert served.client.head("/sparql", params={"query": NAMES}).status_code == 200
    assert served.get("/sparql", "text/turtle").status_code == 200
    assert asked == [("HEAD", "/sparql"), ("GET", "/sparql")]
