"""Write the whole catalogue as one document, at constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

import pyoxigraph as ox

from registry.ledger import Ledger
from registry.project import catalogue, run_quads, source_quads
from registry.record import parse
from registry.terms import PREFIXES

SYNTAXES = {
    "nq": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "ttl": ox.RdfFormat.TURTLE,
    "jsonld": ox.RdfFormat.JSON_LD,
}
"""Syntaxes by file suffix. Turtle knows no graphs: it holds the unified catalogue without the records' own graphs."""


def export(ledger: Ledger, suffix: str, output: IO[bytes]) -> None:
    """Write the catalogue in the syntax of a suffix of `SYNTAXES`."""
    syntax = SYNTAXES[suffix]
    wanted = quads(ledger) if syntax.supports_datasets else _default(quads(ledger))
    ox.serialize(wanted, output, syntax, prefixes=PREFIXES)


def quads(ledger: Ledger) -> Iterator[ox.Quad]:
    """Sources, runs, entities and records with their graphs."""
    for source in ledger.sources():
        yield from source_quads(source, ledger.base)
    for (number,) in ledger.db.execute("SELECT id FROM run WHERE ended IS NOT NULL ORDER BY id").fetchall():
        run = ledger.run(number)
        if run:
            yield from run_quads(run, ledger.base)
    for text in catalogue(ledger):
        yield from parse(text)


def _default(every: Iterator[ox.Quad]) -> Iterator[ox.Triple]:
    return (quad.triple for quad in every if quad.graph_name == ox.DefaultGraph())
