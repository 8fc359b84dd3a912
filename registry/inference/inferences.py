"""Inferences as values, and as statements about statements in a graph of their own."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from registry.terms import CONCEPT, ORTE, PROV, RDF, TYPE, XSD

_COLUMNS = "entity, rule, grounds, derived"


@dataclass(frozen=True)
class Inference:
    """That a rule selects an entity. `grounds` are what it rests on: things, concepts, texts, numbers and moments.

    Without grounds it was withdrawn.
    """

    entity: str
    rule: str
    grounds: tuple[ox.NamedNode | ox.Literal, ...]
    derived: str

    @property
    def concept(self) -> str:
        """The concept that says what was found."""
        return f"{CONCEPT}rule/{self.rule}"


def of(db: sqlite3.Connection, entity: str) -> list[Inference]:
    """What was derived about an entity, by rule."""
    if not _exists(db):
        return []
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM inference WHERE entity = ? AND grounds NOT NULL ORDER BY rule", (entity,)
    )
    return [_read(*row) for row in rows]


def since(db: sqlite3.Connection, version: int) -> tuple[list[Inference], int]:
    """The inferences that came, changed or went after a version, and the version that they bring one to."""
    if not _exists(db):
        return [], version
    rows = db.execute(f"SELECT {_COLUMNS}, version FROM inference WHERE version > ? ORDER BY version", (version,))
    found, last = [], version
    for *row, last in rows:  # noqa: B007
        found.append(_read(*row))
    return found, last


def graph_name(base: str) -> str:
    """The graph that holds what was derived."""
    return f"{base}/graph/inferred"


def statement(inference: Inference) -> ox.NamedNode:
    """The node that carries rule and grounds of an inference."""
    return ox.NamedNode(f"{inference.entity}#derived-{inference.rule}")


def quads(inference: Inference, base: str) -> Iterator[ox.Quad]:
    """The derived statement and, about it, rule, grounds and moment. Nothing where it was withdrawn."""
    if not inference.grounds:
        return
    graph, about, entity = ox.NamedNode(graph_name(base)), statement(inference), ox.NamedNode(inference.entity)
    concept = ox.NamedNode(inference.concept)
    yield ox.Quad(entity, ORTE["derived"], concept, graph)
    yield ox.Quad(about, TYPE, RDF["Statement"], graph)
    yield ox.Quad(about, RDF["subject"], entity, graph)
    yield ox.Quad(about, RDF["predicate"], ORTE["derived"], graph)
    yield ox.Quad(about, RDF["object"], concept, graph)
    yield ox.Quad(about, ORTE["rule"], concept, graph)
    yield ox.Quad(about, PROV["generatedAtTime"], ox.Literal(inference.derived, datatype=XSD["dateTime"]), graph)
    for ground in inference.grounds:
        yield ox.Quad(about, ORTE["ground"], ground, graph)


def _exists(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM sqlite_master WHERE name = 'inference'").fetchone() is not None


def _read(entity: str, rule: str, grounds: str | None, derived: str) -> Inference:
    return Inference(entity, rule, tuple(_term(text) for text in json.loads(grounds or "[]")), derived)


def _term(text: str) -> ox.NamedNode | ox.Literal:
    (triple,) = ox.parse(f"<x:s> <x:p> {text} .", ox.RdfFormat.N_TRIPLES)
    assert isinstance(triple.object, ox.NamedNode | ox.Literal)
    return triple.object
