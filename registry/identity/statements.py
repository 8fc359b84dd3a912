"""What is derived about entities, as statements about statements in the graph of inferences, with rule and grounds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pyoxigraph as ox

from registry.ledger import Ledger, identity
from registry.ledger.identity import Derived
from registry.terms import CONCEPT, ORTE, RDF, TYPE


def quads(ledger: Ledger, entity: int) -> Iterator[ox.Quad]:
    """The derived statements about one entity and, about each, its rule and what it rests on."""
    graph, node = _names(ledger, entity)
    for one in identity.derived(ledger.db, entity):
        predicate, value = ox.NamedNode(one.predicate), read_term(one.object)
        about = ox.NamedNode(f"{node.value}#derived-{one.rule}-{digest(one)}")
        yield ox.Quad(node, predicate, value, graph)
        yield ox.Quad(about, TYPE, RDF["Statement"], graph)
        yield ox.Quad(about, RDF["subject"], node, graph)
        yield ox.Quad(about, RDF["predicate"], predicate, graph)
        yield ox.Quad(about, RDF["object"], value, graph)
        yield ox.Quad(about, ORTE["rule"], CONCEPT[f"identity/{one.rule}"], graph)
        for ground in one.grounds:
            yield ox.Quad(about, ORTE["ground"], ox.NamedNode(ground_iri(ground, ledger.base)), graph)


def digest(one: Derived) -> str:
    """Tells one statement of a rule from its others."""
    return hashlib.sha256(f"{one.predicate} {one.object}".encode()).hexdigest()[:12]


def ground_iri(ground: str, base: str) -> str:
    """A ground as an IRI: a record, or a person's judgement."""
    number = ground.removeprefix("judgement:")
    return ground if number == ground else f"{base}/judgements/{number}"


def read_term(text: str) -> ox.NamedNode | ox.Literal:
    """An N-Triples term."""
    (triple,) = ox.parse(f"<urn:s> <urn:p> {text} .", format=ox.RdfFormat.N_TRIPLES)
    assert isinstance(triple.object, ox.NamedNode | ox.Literal)
    return triple.object


def _names(ledger: Ledger, entity: int) -> tuple[ox.NamedNode, ox.NamedNode]:
    (iri,) = ledger.db.execute("SELECT iri FROM entity WHERE id = ?", (entity,)).fetchone()
    return ox.NamedNode(f"{ledger.base}/graph/inferred"), ox.NamedNode(iri)
