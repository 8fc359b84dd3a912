"""Satisfying examples and what becomes of them when one thing is changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyshacl
import rdflib
from rdflib import RDF, RDFS, SH

from tests.conftest import ROOT

FOLDER = Path(__file__).parent / "examples"
RECORDS = "https://orte.example/sources/t/records/"
CONCEPT = "https://w3id.org/orte/concept/"
SCHEMES = ("phase", "presence", "theme", "audience", "funding", "status", "service")
PREFIXES = {
    "orte": "https://w3id.org/orte/ns#",
    "shape": "https://w3id.org/orte/shapes#",
    "schema": "https://schema.org/",
    "dct": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "rdf": str(RDF),
    "xsd": str(rdflib.XSD),
    "region": "https://w3id.org/orte/region/",
    "kind": f"{CONCEPT}organisation/",
    **{
        name: f"{CONCEPT}{name}/" for name in ("phase", "presence", "theme", "audience", "funding", "status", "service")
    },
}
TURTLE = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in PREFIXES.items())


@dataclass(frozen=True)
class Result:
    """One result of a report, short: shape and path as they are written in the table of faults."""

    shape: str
    path: str | None
    severity: str
    component: str
    focus: str


def iri(short: str) -> rdflib.URIRef:
    prefix, _, local = short.partition(":")
    return rdflib.URIRef(PREFIXES[prefix] + local)


def short(node: rdflib.term.Node | None) -> str | None:
    """An IRI with its prefix; None for a missing or complex path."""
    if not isinstance(node, rdflib.URIRef):
        return None
    for prefix, namespace in PREFIXES.items():
        if node.startswith(namespace):
            return f"{prefix}:{node[len(namespace) :]}"
    return str(node)


def shapes() -> rdflib.Graph:
    graph = rdflib.Graph()
    for file in sorted((ROOT / "shapes").glob("*.ttl")):
        graph.parse(file)
    return graph


def changed(example: str, name: str, drop: Iterable[str] = (), add: str = "") -> rdflib.Graph:
    """An example as the record `name`, without what `drop` names ("#geo schema:latitude"), with the Turtle of `add`."""
    base = RECORDS + name
    turtle = (FOLDER / f"{example}.ttl").read_text(encoding="utf-8")
    graph = rdflib.Graph().parse(data=TURTLE + turtle, format="turtle", publicID=base)
    for line in drop:
        subject, predicate = line.split(" ")
        node = rdflib.URIRef(base + subject.replace("<>", ""))
        assert (node, iri(predicate), None) in graph, f"{example} has no {line}"
        graph.remove((node, iri(predicate), None))
    return graph.parse(data=TURTLE + add, format="turtle", publicID=base)


def validate(graphs: Mapping[str, rdflib.Graph], using: rdflib.Graph) -> dict[str, list[Result]]:
    """What the shapes say about each graph, all checked at once with the small context that a harvest gives them."""
    data = rdflib.Graph()
    for graph in graphs.values():
        for triple in graph:
            data.add(triple)
    for triple in rdflib.Graph().parse(ROOT / "ontology" / "orte.ttl").triples((None, RDFS.subClassOf, None)):
        data.add(triple)
    _, report, _ = pyshacl.validate(data, shacl_graph=using, inplace=True)
    assert isinstance(report, rdflib.Graph)
    found: dict[str, list[Result]] = {name: [] for name in graphs}
    for result in report.objects(None, SH.result):
        focus = str(report.value(result, SH.focusNode))
        found[focus.removeprefix(RECORDS).partition("#")[0]].append(
            Result(
                shape=str(short(report.value(result, SH.sourceShape))).removeprefix("shape:"),
                path=short(report.value(result, SH.resultPath)),
                severity=str(report.value(result, SH.resultSeverity)).removeprefix(str(SH)),
                component=str(report.value(result, SH.sourceConstraintComponent)).removeprefix(str(SH)),
                focus=focus,
            )
        )
    return found
