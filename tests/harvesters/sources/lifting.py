"""Run a shipped source's lift over raw records and look at the graph that comes out."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from harvesters.lift import PREFIXES, Lift
from harvesters.reading import Item, RawRecord
from harvesters.source import SHIPPED, load

BASE = "http://127.0.0.1:8000/sources/"


class Graph:
    """What a source's raw records become, with SPARQL over all of it. Fails when a record cannot be lifted."""

    def __init__(self, source: str, items: Iterable[Item]) -> None:
        raws = [item for item in items if isinstance(item, RawRecord)]
        self.lift = Lift(load(SHIPPED / source).lift, source_id=source, records_base=BASE)
        self.lifted = {one.raw.key: one for one in self.lift.lift(raws)}
        self.store = ox.Store()
        for one in self.lifted.values():
            assert one.reason is None, f"{one.raw.key}: {one.reason}"
            for record, triples in one.records.items():
                self.store.extend(ox.Quad(*triple, ox.NamedNode(record)) for triple in triples)
        self.unread = {key for raw in raws for key in self.lift.unread(raw.data)}

    def rows(self, pattern: str) -> list[tuple[str, ...]]:
        """Rows of `SELECT … { … }` as plain values, sorted; IRIs shortened to what follows the last source base."""
        answer = self.store.query(pattern, prefixes=PREFIXES, use_default_graph_as_union=True)
        assert isinstance(answer, ox.QuerySolutions)
        return sorted(tuple(_plain(term) for term in row) for row in answer)

    def column(self, pattern: str) -> list[str]:
        return [row[0] for row in self.rows(pattern)]


def _plain(term: object) -> str:
    if isinstance(term, ox.NamedNode):
        return term.value.removeprefix(BASE).removeprefix("https://w3id.org/orte/")
    return term.value if isinstance(term, ox.Literal) else ""
