"""What an engine elsewhere holds, against what it should hold."""

from __future__ import annotations

from dataclasses import dataclass

from pyoxigraph import DefaultGraph, Literal, Quad, QuerySolutions, Store

from registry.engine.interface import Remote
from registry.engine.remote.connection import Connection, RemoteError
from registry.engine.remote.store import RemoteStore

_SECONDS = 600.0  # for reading everything
_XSD = "http://www.w3.org/2001/XMLSchema#"
_NUMBERS = {_XSD + name for name in ("boolean", "integer", "decimal", "double", "float")}
_QUERIES = ("SELECT ?s ?p ?o { ?s ?p ?o }", "SELECT ?s ?p ?o ?g { GRAPH ?g { ?s ?p ?o } }")


@dataclass(frozen=True)
class Difference:
    """Statements that are missing there, that are too many, and that are as they should be."""

    missing: int
    extra: int
    same: int


def difference(store: Store, remote: Remote) -> Difference:
    """Compare every statement with those in a store, in all graphs. Raises RemoteError.

    Where an engine keeps the value of a literal but not its spelling, values are compared.
    """
    connection = Connection(remote)
    exact = connection.dialect.keeps_literals
    wanted = None if exact else {_by_value(quad) for quad in store}
    seen: set[object] = set()
    same = extra = 0
    asked = RemoteStore(connection).asked()
    for query in _QUERIES:
        with asked.answering(_SECONDS):
            rows = asked.query(query)
            assert isinstance(rows, QuerySolutions)
            for count, row in enumerate(rows, 1):
                if count == asked.most_rows:
                    raise RemoteError(f"{remote.url} gives out {count + 1} rows at most, which is not all it holds")
                graph = row[3] if len(row) > 3 else DefaultGraph()
                quad = Quad(row[0], row[1], row[2], graph)
                if wanted is None:
                    found = quad in store
                else:
                    found = (key := _by_value(quad)) in wanted and key not in seen
                    seen.add(key)
                same += found
                extra += not found
    return Difference((len(store) if wanted is None else len(wanted)) - same, extra, same)


def _by_value(quad: Quad) -> tuple[object, ...]:
    value: object = quad.object
    if isinstance(value, Literal):
        if value.language:
            value = (value.value, value.language.lower())
        elif value.datatype.value in _NUMBERS:
            value = _number(value.value)
    return (quad.subject, quad.predicate, value, quad.graph_name)


def _number(text: str) -> object:
    try:
        return float({"true": "1", "false": "0"}.get(text, text))
    except ValueError:
        return text
