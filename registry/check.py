"""Check records against the shapes: pyshacl, prepared once per process, over batches with a small context graph.

A batch is validated in one graph of its own, never inside the catalogue: pyshacl's cost grows with the graph it looks
at (measured: 104 records/s with a small context against 13 with a large one).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache

import pyoxigraph as ox
import pyshacl.shape
import rdflib
from pyshacl.constraints import ALL_CONSTRAINT_PARAMETERS, CONSTRAINT_PARAMETERS_MAP
from pyshacl.graph_abstraction import DataGraph
from pyshacl.monkey import apply_patches
from pyshacl.validator import Validator, assign_baked_in
from rdflib.namespace import RDF, RDFS, SH

from registry import assets
from registry.ledger.records import Finding, Severity
from registry.record import Record, parse
from registry.still import StillGraph

BATCH = 200
"""Records per validation: large enough to share the context graph, small enough to stay flat in memory."""

_SEVERITY: dict[rdflib.term.Node, Severity] = {SH.Violation: "violation", SH.Warning: "warning", SH.Info: "info"}


class Checker:
    """The shapes, parsed and prepared; `check` may be called any number of times."""

    def __init__(self) -> None:
        apply_patches()  # type: ignore[no-untyped-call]
        assign_baked_in()  # type: ignore[no-untyped-call]
        # pyshacl looks every predicate of a shape up in a list, at every focus node; a set halves the time it takes
        parameters = (frozenset(ALL_CONSTRAINT_PARAMETERS), CONSTRAINT_PARAMETERS_MAP)
        setattr(pyshacl.shape, "CONSTRAINT_PARAMS", parameters)  # noqa: B010 - an undeclared attribute of the module
        self._context = _context()
        empty = DataGraph.from_rdflib_graph(rdflib.Graph())
        self._prepared = Validator(empty, shacl_graph=StillGraph(sorted(assets.shapes_dir().glob("*.ttl")))).shacl_graph
        _ = self._prepared.shapes  # gathers them now, not at the first record

    def check(self, records: Sequence[Record]) -> dict[str, list[Finding]]:
        """Findings by record IRI; a record that fits every shape has an empty list."""
        found: dict[str, list[Finding]] = {record.iri: [] for record in records}
        for start in range(0, len(records), BATCH):
            batch = records[start : start + BATCH]
            for finding in self.check_triples(quad.triple for record in batch for quad in parse(record.nquads)):
                record = str(finding.record).partition("#")[0]
                if record in found:
                    found[record].append(replace(finding, record=record))
        return found

    def check_triples(self, triples: Iterable[ox.Triple]) -> list[Finding]:
        """Findings about a graph as it is; the `record` of each is the node it is about."""
        graph = rdflib.Graph()
        for known in self._context:
            graph.add(known)
        given = set()
        for triple in triples:
            subject = _term(triple.subject)
            given.add(subject)
            graph.add((subject, _term(triple.predicate), _term(triple.object)))
        validator = Validator(DataGraph.from_rdflib_graph(graph), shacl_graph=rdflib.Graph(), options={"inplace": True})
        validator.shacl_graph = self._prepared
        _conforms, report, _text = validator.run()  # type: ignore[no-untyped-call]
        results = report.subjects(RDF.type, SH.ValidationResult)
        return [
            _finding(report, result)
            for result in results
            if (None, SH.detail, result) not in report and report.value(result, SH.focusNode) in given
        ]


def fits(findings: Iterable[Finding]) -> bool:
    """Whether a record with these findings may be published: nothing in them is a violation."""
    return all(finding.severity != "violation" for finding in findings)


@cache
def fingerprint() -> str:
    """Changes whenever ontology or shapes do, so that records checked under other rules are checked again."""
    files = sorted([*assets.ontology_dir().glob("*.ttl"), *assets.shapes_dir().glob("*.ttl")])
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _finding(report: rdflib.Graph, result: rdflib.term.Node) -> Finding:
    messages = {m.language: str(m) for m in report.objects(result, SH.resultMessage) if isinstance(m, rdflib.Literal)}
    fallback = messages.get("en") or messages.get("de") or next(iter(messages.values()), "does not fit the shape")
    focus, path = report.value(result, SH.focusNode), report.value(result, SH.resultPath)
    value = report.value(result, SH.value)
    component = report.value(result, SH.sourceConstraintComponent)
    return Finding(
        severity=_SEVERITY.get(report.value(result, SH.resultSeverity) or SH.Violation, "violation"),
        rule=str(report.value(result, SH.sourceShape)),
        message_de=messages.get("de", fallback),
        message_en=messages.get("en", fallback),
        record=str(focus),
        path=str(path) if isinstance(path, rdflib.URIRef) else None,
        value=str(value)[:2000] if value is not None else None,
        component=str(component) if component is not None else None,
    )


def _context() -> list[tuple[rdflib.term.Node, rdflib.term.Node, rdflib.term.Node]]:
    """What the shapes need to know beside the records: which class is a kind of which."""
    graph = StillGraph(sorted(assets.ontology_dir().glob("*.ttl")))
    return [triple for triple in graph.triples((None, RDFS.subClassOf, None)) if isinstance(triple[2], rdflib.URIRef)]


def _term(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> rdflib.term.IdentifiedNode | rdflib.Literal:
    match term:
        case ox.NamedNode():
            return rdflib.URIRef(term.value)
        case ox.Literal():
            if term.language:
                return rdflib.Literal(term.value, lang=term.language)
            plain = term.datatype.value == "http://www.w3.org/2001/XMLSchema#string"
            return rdflib.Literal(term.value, datatype=None if plain else rdflib.URIRef(term.datatype.value))
        case ox.BlankNode():
            return rdflib.BNode(term.value)
        case _:
            raise ValueError("a triple about a triple is nothing the shapes know")
