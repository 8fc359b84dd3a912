from __future__ import annotations

import hashlib

import pyoxigraph as ox
import pytest

from registry.record import NotARecord, canonical, parse, record, shift
from registry.terms import DCT, ORTE, SCHEMA, TYPE

IRI = "http://127.0.0.1:8000/sources/liste/records/1"
THING = ox.NamedNode(IRI + "#it")


def _record(*extra: ox.Triple, licence: str | None = None, page: str | None = None):
    triples = [
        ox.Triple(THING, TYPE, ORTE["Site"]),
        ox.Triple(THING, SCHEMA["name"], ox.Literal("Haus", language="de")),
        *extra,
    ]
    return record(
        IRI,
        triples,
        source="liste",
        source_iri="http://127.0.0.1:8000/sources/liste",
        raw_key="1",
        page=page,
        licence=licence,
    )


def test_canonical_form_does_not_depend_on_order() -> None:
    triples = [ox.Triple(THING, SCHEMA["name"], ox.Literal(str(n))) for n in range(20)]
    assert canonical(triples, IRI) == canonical(list(reversed(triples)), IRI)


def test_canonical_lines_survive_separators_inside_literals() -> None:
    text = "eins\u2028zwei\x85drei\x0bvier\nfünf"
    lines = canonical([ox.Triple(THING, SCHEMA["name"], ox.Literal(text))], IRI)
    assert lines.count("\n") == 1
    assert parse(lines)[0].object == ox.Literal(text)


def test_canonical_lines_are_those_of_an_n_quads_document() -> None:
    texts = ["", 'ein "Wort"', "Schräg\\strich", "Zeile\r\nZeile\tSpalte", "\x00\x01\x7f\x85\u2028\ufeff", "𝄞 Ö"]
    literals = [ox.Literal(text) for text in texts] + [ox.Literal(text, language="de-AT") for text in texts]
    literals += [ox.Literal(text, datatype=ox.NamedNode("urn:t:Ö")) for text in texts] + [
        ox.Literal(1),
        ox.Literal(1.5),
    ]
    triples = [
        ox.Triple(THING, SCHEMA["name"], one) for one in (*literals, ox.NamedNode("https://ö.example/a%20b?c#d"))
    ]
    quads = [ox.Quad(one.subject, one.predicate, one.object, ox.NamedNode(IRI)) for one in triples]
    written = ox.serialize(quads, format=ox.RdfFormat.N_QUADS)
    assert written is not None
    assert canonical(triples, IRI).encode() == b"".join(line + b"\n" for line in sorted(written.split(b"\n")[:-1]))


def test_digest_is_the_sha256_of_the_canonical_form() -> None:
    one = _record()
    assert one.digest == hashlib.sha256(one.nquads.encode()).digest()


def test_licence_and_page_are_part_of_what_is_digested() -> None:
    digests = {
        _record().digest,
        _record(licence="https://creativecommons.org/licenses/by/4.0/").digest,
        _record(page="https://liste.example/1").digest,
    }
    assert len(digests) == 3


def test_a_page_that_is_no_iri_is_left_out_of_the_graph_but_kept() -> None:
    one = _record(page="https://liste.example/a b<c>")
    assert "wasDerivedFrom" not in one.nquads
    assert one.page == "https://liste.example/a b<c>"


def test_blank_nodes_and_things_without_a_type_are_refused() -> None:
    with pytest.raises(NotARecord, match="blank node"):
        _record(ox.Triple(THING, SCHEMA["geo"], ox.BlankNode()))
    with pytest.raises(NotARecord, match="no type"):
        record(
            IRI,
            [ox.Triple(THING, SCHEMA["name"], ox.Literal("x"))],
            source="l",
            source_iri="http://a/b",
            raw_key="1",
            page=None,
            licence=None,
        )


def test_state_digest_is_a_sum_that_forgets_order_and_remembers_nothing_removed() -> None:
    digests = [hashlib.sha256(bytes([n])).digest() for n in range(5)]
    forward = backward = bytes(32)
    for digest in digests:
        forward = shift(forward, add=digest)
    for digest in reversed(digests):
        backward = shift(backward, add=digest)
    assert forward == backward != bytes(32)
    for digest in digests:
        forward = shift(forward, remove=digest)
    assert forward == bytes(32)


def test_the_record_states_its_source() -> None:
    assert ox.Quad(
        ox.NamedNode(IRI), DCT["source"], ox.NamedNode("http://127.0.0.1:8000/sources/liste"), ox.NamedNode(IRI)
    ) in parse(_record().nquads)
