"""In what engines differ from the standard, and from each other."""

from __future__ import annotations

import re
from dataclasses import dataclass

WKT = "http://www.opengis.net/ont/geosparql#wktLiteral"
_KEPT_WKT = "urn:orte:wkt"
_NODE = b'"bnode", "value": "nodeID://'  # no name that a blank node may have


@dataclass(frozen=True)
class Dialect:
    """One kind of engine.

    ``own_default_graph``: it has a default graph apart from all named ones; otherwise the catalogue lies in a named
    graph that is named with every query. ``union``: parameters that make the union of all graphs the default graph;
    None where there is no way. ``update_quads``: statements in one update. ``bulk_quads``: the same while loading;
    ``fences_bulk``: such updates ask for the term of office like others (see ``store``).
    ``system_graphs``: what is in an empty store. ``timeout_ms``: parameter by which a query's time is limited there.
    ``keeps_literals``: returns every literal as it was given. ``prologue``: what stands before every query.
    """

    name: str
    own_default_graph: bool = True
    union: tuple[tuple[str, str], ...] | None = None
    update_quads: int = 5_000
    bulk_quads: int = 20_000
    fences_bulk: bool = True
    system_graphs: tuple[str, ...] = ()
    timeout_ms: str | None = None
    keeps_literals: bool = True
    prologue: str = ""

    def encoded(self, nquads: str) -> str:
        """Statements as the engine can keep them."""
        return nquads if self.keeps_literals else nquads.replace(f"^^<{WKT}>", f"^^<{_KEPT_WKT}>")

    def decoded(self, answer: bytes) -> bytes:
        """Part of an answer, cut where a line ends, with literals as they were given."""
        if self.keeps_literals:
            return answer
        answer = answer.replace(_KEPT_WKT.encode(), WKT.encode()).replace(_NODE, _NODE[: -len("nodeID://")])
        return _BOOLEAN.sub(_spelt, answer)


STANDARD = Dialect("sparql")
OXIGRAPH = Dialect("oxigraph", union=(("union-default-graph", ""),))
# Measured with 7.2.5. A query or update becomes SQL of at most 10,000 lines. A wktLiteral becomes a geometry of single
# precision, hence the other datatype; a boolean comes back as "1". Decimals beyond 15 digits and different spellings of
# a number (1, 1.0, true for the same property of the same thing) fall together, which nothing can repair.
# INSERT DATA is much faster than INSERT … WHERE; one that comes late repeats what the next load writes anyway.
VIRTUOSO = Dialect(
    "virtuoso",
    own_default_graph=False,
    union=(),
    update_quads=500,
    bulk_quads=2_000,
    fences_bulk=False,
    system_graphs=(
        "http://www.openlinksw.com/schemas/virtrdf#",
        "http://www.w3.org/ns/ldp#",
        "http://localuriqaserver/sparql",
        "http://www.w3.org/2002/07/owl#",
        "http://localhost:8890/sparql",
        "http://localhost:8890/DAV/",
        "urn:activitystreams-owl:map",
        "urn:core:services:sparql",
        "urn:rules.skos",
    ),
    timeout_ms="timeout",
    keeps_literals=False,
    prologue='define sql:describe-mode "CBD" ',
)
DIALECTS = {one.name: one for one in (STANDARD, OXIGRAPH, VIRTUOSO)}


def dialect_of(server: str) -> Dialect:
    """The dialect of an engine, by the header `Server` of its answers."""
    product = server.partition("/")[0].strip().lower()
    return DIALECTS.get(product, STANDARD)


_BOOLEAN = re.compile(
    rb'(?P<json>"datatype": "http://www\.w3\.org/2001/XMLSchema#boolean", "value": )"(?P<a>[01])"'
    rb'|"(?P<b>[01])"(?P<nt>\^\^<http://www\.w3\.org/2001/XMLSchema#boolean>)'
)


def _spelt(found: re.Match[bytes]) -> bytes:
    word = b'"true"' if b"1" in (found["a"], found["b"]) else b'"false"'
    return found["json"] + word if found["json"] else word + found["nt"]
