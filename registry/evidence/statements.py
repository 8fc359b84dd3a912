"""Evidence in RDF: the entity, a statement about every value of every record, the records and their sources."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pyoxigraph as ox

from registry.evidence.gathering import Evidence, Said, Value
from registry.identity import statements
from registry.ledger import Ledger
from registry.ledger.identity import Derived
from registry.project import record_quads, source_quads
from registry.record import parse
from registry.terms import CONCEPT, DCT, ORTE, PROV, RDF, TYPE, XSD

DEFAULT = ox.DefaultGraph()


def triples(evidence: Evidence, ledger: Ledger) -> Iterator[ox.Triple]:
    """Everything in one graph.

    `orte:evidence` of the entity are rdf:Statements: subject, predicate and object as the record has them, the record
    (prov:wasDerivedFrom) with its source and licence, since when, last confirmed, and whether the value was chosen.
    """
    node = ox.NamedNode(evidence.entity.iri)
    for quad in parse(evidence.entity.nquads):
        yield quad.triple
    for path in sorted(evidence.conflicts):
        yield ox.Triple(node, ORTE["conflict"], ox.NamedNode(path[-1]))
    for value in evidence.values:
        for said in value.said:
            yield from _said(evidence, value, said)
        if value.derived is not None:
            yield from _derived(evidence, value, value.derived, ledger.base)
    for record in evidence.records:
        for quad in record_quads(ledger, record.iri):
            if quad.graph_name == DEFAULT:
                yield quad.triple
    for state in evidence.sources.values():
        for quad in source_quads(state, ledger.base):
            yield quad.triple


def graphs(evidence: Evidence, ledger: Ledger) -> Iterator[ox.Quad]:
    """The same as a dataset: also one named graph per record with what it says of the entity, as in the engine."""
    for triple in triples(evidence, ledger):
        yield ox.Quad(triple.subject, triple.predicate, triple.object, DEFAULT)
    for record in evidence.records:
        yield from (quad for quad in record_quads(ledger, record.iri) if quad.graph_name != DEFAULT)


def _said(evidence: Evidence, value: Value, said: Said) -> Iterator[ox.Triple]:
    entity = ox.NamedNode(evidence.entity.iri)
    record = said.record
    subject = entity if said.subject == record.thing else ox.NamedNode(said.subject)
    about = _node(evidence, f"{record.iri} {subject} {value.path} {value.term}")
    yield from _statement(entity, about, subject, value)
    yield ox.Triple(about, PROV["wasDerivedFrom"], ox.NamedNode(record.iri))
    yield ox.Triple(about, DCT["source"], ox.NamedNode(_source(said)))
    if record.licence:
        yield ox.Triple(about, DCT["license"], ox.NamedNode(record.licence))
    yield ox.Triple(about, ORTE["since"], ox.Literal(said.since, datatype=XSD["dateTime"]))
    yield ox.Triple(about, ORTE["lastConfirmed"], ox.Literal(said.confirmed, datatype=XSD["dateTime"]))


def _derived(evidence: Evidence, value: Value, derived: Derived, base: str) -> Iterator[ox.Triple]:
    entity = ox.NamedNode(evidence.entity.iri)
    about = _node(evidence, f"{derived.rule} {value.path} {value.term}")
    yield from _statement(entity, about, entity, value)
    yield ox.Triple(about, ORTE["rule"], CONCEPT[f"identity/{derived.rule}"])
    for ground in derived.grounds:
        yield ox.Triple(about, ORTE["ground"], ox.NamedNode(statements.ground_iri(ground, base)))


def _statement(entity: ox.NamedNode, about: ox.NamedNode, subject: ox.NamedNode, value: Value) -> Iterator[ox.Triple]:
    yield ox.Triple(entity, ORTE["evidence"], about)
    yield ox.Triple(about, TYPE, RDF["Statement"])
    yield ox.Triple(about, RDF["subject"], subject)
    yield ox.Triple(about, RDF["predicate"], ox.NamedNode(value.path[-1]))
    yield ox.Triple(about, RDF["object"], value.term)
    yield ox.Triple(about, ORTE["chosen"], ox.Literal(value.chosen))


def _node(evidence: Evidence, of: str) -> ox.NamedNode:
    return ox.NamedNode(f"{evidence.entity.iri}#evidence-{hashlib.sha256(of.encode()).hexdigest()[:12]}")


def _source(said: Said) -> str:
    """IRI of the source a record comes from, be it through another registry."""
    return said.record.iri.partition("/records/")[0]
