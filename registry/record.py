"""A record: what ONE source says about ONE thing, in a form whose equality is equality of bytes.

Records have no blank nodes, so their canonical form is their sorted N-Quads and their digest the SHA-256 of it
(RDF Dataset Canonicalization takes longer, and can be poisoned).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import pyoxigraph as ox

from registry.terms import DCT, FOAF, KIND_OF, PROV, TYPE

MODULUS = 1 << 256


@dataclass(frozen=True)
class Record:
    """One version of a record.

    `nquads` is canonical: sorted lines, the graph being the record's IRI. It holds the thing's triples and the
    record's own: source, licence, page and key, so that none of these can change without the digest.
    """

    iri: str
    source: str
    raw_key: str
    kind: str
    nquads: str
    page: str | None
    licence: str | None

    @property
    def thing(self) -> str:
        """The IRI by which the record speaks of what it describes."""
        return self.iri + "#it"

    @property
    def digest(self) -> bytes:
        return digest(self.nquads)


class NotARecord(ValueError):
    """Triples that do not make a record; the message says what is missing."""


def record(
    iri: str,
    triples: Iterable[ox.Triple],
    *,
    source: str,
    source_iri: str,
    raw_key: str,
    page: str | None,
    licence: str | None,
    modified: str | None = None,
) -> Record:
    """Make a record of what a lift said about one thing.

    Raises:
        NotARecord: when the triples have a blank node, or give the thing no type the registry knows.
    """
    node, thing = ox.NamedNode(iri), ox.NamedNode(iri + "#it")
    body = set(triples)
    kinds = sorted(
        KIND_OF[t.object.value]
        for t in body
        if t.subject == thing
        and t.predicate == TYPE
        and isinstance(t.object, ox.NamedNode)
        and t.object.value in KIND_OF
    )
    if not kinds:
        raise NotARecord("its thing has no type; say `a orte:Site`, orte:Network, orte:Service or orte:Organisation")
    body.add(ox.Triple(node, FOAF["primaryTopic"], thing))
    body.add(ox.Triple(node, DCT["source"], ox.NamedNode(source_iri)))
    body.add(ox.Triple(node, DCT["identifier"], ox.Literal(raw_key)))
    if licence:
        body.add(ox.Triple(node, DCT["license"], ox.NamedNode(licence)))
    if modified:
        body.add(ox.Triple(node, DCT["modified"], ox.Literal(modified)))
    if page and (address := _iri(page)):
        body.add(ox.Triple(node, PROV["wasDerivedFrom"], address))
    return Record(iri, source, raw_key, kinds[0], canonical(body, iri), page, licence)


def canonical(triples: Iterable[ox.Triple], graph: str | None = None) -> str:
    """Sorted N-Quads lines (N-Triples without a graph), each ending in a newline.

    Raises:
        NotARecord: for a blank node, whose name means nothing outside its document.
    """
    end = f" <{graph}> .\n" if graph else " .\n"
    lines = []
    for triple in triples:
        if type(triple.subject) is ox.BlankNode or type(triple.object) is ox.BlankNode:
            raise NotARecord("it has a blank node; nested nodes need IRIs derived from the record (fn:node)")
        lines.append(f"{triple}{end}")  # a triple is written as N-Triples write it, faster than a document
    return "".join(sorted(lines))


def parse(nquads: str) -> list[ox.Quad]:
    """The quads of a canonical form."""
    return list(ox.parse(nquads, format=ox.RdfFormat.N_QUADS))


def digest(nquads: str) -> bytes:
    """SHA-256 of a canonical form, 32 bytes."""
    return hashlib.sha256(nquads.encode()).digest()


def shift(state: bytes, *, add: bytes | None = None, remove: bytes | None = None) -> bytes:
    """A state digest (the sum modulo 2^256 of all live digests, 32 bytes big-endian) after one change."""
    total = int.from_bytes(state)
    total += int.from_bytes(add) if add else 0
    total -= int.from_bytes(remove) if remove else 0
    return (total % MODULUS).to_bytes(32)


def _iri(text: str) -> ox.NamedNode | None:
    try:
        return ox.NamedNode(text)
    except ValueError:
        return None
