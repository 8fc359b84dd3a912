"""RDF syntaxes, written by pyoxigraph with the prefixes of the published context."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import pyoxigraph as ox

from registry.formats.media import NQUADS, NTRIPLES, RDFXML, TRIG, TURTLE, Format

SYNTAXES = {
    TURTLE: ox.RdfFormat.TURTLE,
    NTRIPLES: ox.RdfFormat.N_TRIPLES,
    RDFXML: ox.RdfFormat.RDF_XML,
    TRIG: ox.RdfFormat.TRIG,
    NQUADS: ox.RdfFormat.N_QUADS,
}


def serialise(triples: Iterable[ox.Triple], format: Format, prefixes: Mapping[str, str]) -> bytes:
    """Triples as Turtle, N-Triples, RDF/XML, TriG or N-Quads. Raises Unwritable when XML cannot say it."""
    triples = list(triples)
    if format is RDFXML:
        triples = [_for_xml(triple) for triple in triples]
    return ox.serialize(triples, format=SYNTAXES[format], prefixes=_used(triples, prefixes)) or b""


def serialise_quads(quads: Iterable[ox.Quad], format: Format, prefixes: Mapping[str, str]) -> bytes:
    """Quads as TriG or N-Quads."""
    quads = list(quads)
    return ox.serialize(quads, format=SYNTAXES[format], prefixes=_used(quads, prefixes)) or b""


class Unwritable(Exception):
    """The format cannot carry these triples; the message names the first one that does not fit."""


_XML_NAME_AT_END = re.compile(r"[A-Za-z_\u00C0-\uFFFD][\w.\-\u00B7]*$")
# XML 1.0 has no way to write these, not even as a character reference.
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def _for_xml(triple: ox.Triple) -> ox.Triple:
    predicate, value = triple.predicate.value, triple.object
    if not _XML_NAME_AT_END.search(predicate):
        raise Unwritable(f"RDF/XML cannot write the property <{predicate}>, because its end is no XML name.")
    if isinstance(value, ox.Literal) and _NOT_IN_XML.search(value.value):
        text = _NOT_IN_XML.sub("\ufffd", value.value)
        kind = None if value.language else value.datatype
        return ox.Triple(triple.subject, triple.predicate, ox.Literal(text, language=value.language, datatype=kind))
    return triple


def _used(triples: Iterable[ox.Triple | ox.Quad], prefixes: Mapping[str, str]) -> dict[str, str]:
    """Only the prefixes that some IRI begins with: a short document has a short head."""
    namespaces = {namespace: prefix for prefix, namespace in prefixes.items()}
    found: dict[str, str] = {}
    seen: set[str] = set()
    for triple in triples:
        for term in (triple.subject, triple.predicate, triple.object):
            if isinstance(term, ox.Literal):
                term = term.datatype
            if not isinstance(term, ox.NamedNode):
                continue
            iri = term.value
            stem = iri[: max(iri.rfind("#"), iri.rfind("/")) + 1]
            if stem in seen:
                continue
            seen.add(stem)
            if stem in namespaces:
                found[namespaces[stem]] = stem
    return found
