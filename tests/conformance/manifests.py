"""The W3C's test manifests as values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pyoxigraph as ox

MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
UT = "http://www.w3.org/2009/sparql/tests/test-update#"
HT = "http://www.w3.org/2011/http#"
CNT = "http://www.w3.org/2011/content#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"

Node = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


@dataclass(frozen=True)
class Request:
    """One HTTP request of a protocol test, and what is expected of the answer to it."""

    method: str
    path: str
    headers: dict[str, str]
    body: str | None
    statuses: tuple[str, ...]
    boolean: bool | None
    format: str | None
    answer: str | None


@dataclass(frozen=True)
class Test:
    """One entry of a manifest. ``data`` are files of the default graph, ``graphs`` of named ones by name."""

    __test__ = False  # not pytest's

    name: str
    kind: str
    query: Path | None = None
    data: tuple[Path, ...] = ()
    graphs: tuple[tuple[str, Path], ...] = ()
    result: Path | None = None
    requests: tuple[Request, ...] = field(default=())


def tests(manifest: Path) -> Iterator[Test]:
    """The tests of a manifest and of those it includes, in order."""
    graph = Graph(manifest)
    (root,) = graph.subjects(RDF + "type", ox.NamedNode(MF + "Manifest"))
    for included in graph.members(graph.one(root, MF + "include")):
        yield from tests(_file(included))
    for entry in graph.members(graph.one(root, MF + "entries")):
        yield _test(graph, entry)


class Graph:
    """A file of Turtle, looked into."""

    def __init__(self, file: Path) -> None:
        self.store = ox.Store()
        self.store.load(file.read_bytes(), format=ox.RdfFormat.TURTLE, base_iri=file.absolute().as_uri())

    def all(self, subject: Node | None, predicate: str) -> list[Node]:
        if subject is None or isinstance(subject, ox.Literal):
            return []
        return [q.object for q in self.store.quads_for_pattern(subject, ox.NamedNode(predicate), None)]

    def one(self, subject: Node | None, predicate: str) -> Node | None:
        return next(iter(self.all(subject, predicate)), None)

    def text(self, subject: Node | None, predicate: str) -> str | None:
        found = self.one(subject, predicate)
        return None if found is None else getattr(found, "value", None)

    def subjects(self, predicate: str, value: Node) -> list[Node]:
        return [q.subject for q in self.store.quads_for_pattern(None, ox.NamedNode(predicate), value)]

    def members(self, head: Node | None) -> Iterator[Node]:
        while head is not None and getattr(head, "value", "") != RDF + "nil":
            first = self.one(head, RDF + "first")
            assert first is not None
            yield first
            head = self.one(head, RDF + "rest")


def _test(graph: Graph, entry: Node) -> Test:
    kind = (graph.text(entry, RDF + "type") or "").removeprefix(MF)
    name = getattr(entry, "value", "").rpartition("#")[2]
    action, result = graph.one(entry, MF + "action"), graph.one(entry, MF + "result")
    if kind in ("ProtocolTest", "GraphStoreProtocolTest"):
        given = [
            (graph.text(one, RDFS + "label") or "", _file(graph.one(one, UT + "graph")))
            for one in graph.all(entry, UT + "graphData")
        ]
        connection = graph.members(graph.one(action, HT + "requests"))
        return Test(name, kind, graphs=tuple(given), requests=tuple(_request(graph, one) for one in connection))
    query = graph.one(action, QT + "query")
    if query is None and isinstance(action, ox.NamedNode):
        query = action
    return Test(
        name,
        kind,
        query=_file(query) if isinstance(query, ox.NamedNode) else None,
        data=tuple(_file(one) for one in graph.all(action, QT + "data")),
        graphs=tuple((_name(one), _file(one)) for one in graph.all(action, QT + "graphData")),
        result=_file(result) if isinstance(result, ox.NamedNode) else None,
    )


def _request(graph: Graph, node: Node) -> Request:
    answer = graph.one(node, HT + "resp")
    boolean = graph.text(answer, MF + "expectedBoolean")
    headers = {
        graph.text(one, HT + "fieldName") or "": graph.text(one, HT + "fieldValue") or ""
        for one in graph.members(graph.one(node, HT + "headers"))
    }
    return Request(
        graph.text(node, HT + "methodName") or "GET",
        graph.text(node, HT + "absolutePath") or "/",
        headers,
        graph.text(graph.one(node, HT + "body"), CNT + "chars"),
        tuple(getattr(one, "value", "").rpartition("#")[2] for one in graph.all(answer, MF + "expectedStatus")),
        None if boolean is None else boolean == "true",
        graph.text(answer, MF + "expectedFormat"),
        graph.text(graph.one(answer, HT + "body"), CNT + "chars"),
    )


def _name(node: Node) -> str:
    return getattr(node, "value", "")


def _file(node: Node | None) -> Path:
    return Path(unquote(urlsplit(getattr(node, "value", "")).path))
