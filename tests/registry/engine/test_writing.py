"""However an answer is cut, what comes out is a complete document."""

from __future__ import annotations

import csv
import io
import json
from xml.etree import ElementTree

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store, parse, serialize

from registry.engine.formats import GRAPH, SELECT, Format
from registry.engine.writing import LimitReached, RowTooLong, RowWriter

NASTY = 'a\r\n"b" }},{"x" .\n]},{"@id" </result></rdf:Description>, '
ROWS = 2000


@pytest.fixture(scope="module")
def store() -> Store:
    store = Store()
    for i in range(ROWS):
        store.add(Quad(NamedNode(f"http://e/s{i}"), NamedNode("http://e/p"), Literal(NASTY * (i % 3) + str(i))))
    return store


def written(store: Store, form: Format, max_bytes: int, max_rows: int | None = None) -> tuple[bytes, bool]:
    pieces: list[bytes] = []
    writer = RowWriter(form, lambda piece: pieces.append(bytes(piece)), max_bytes, max_rows)
    try:
        if form.name in SELECT:
            store.query("SELECT ?s ?o { ?s ?p ?o }").serialize(writer, form.writer)  # type: ignore[union-attr, call-overload]
        else:
            serialize(store.query("CONSTRUCT WHERE { ?s ?p ?o }"), writer, form.writer)  # type: ignore[call-overload]
        writer.close()
    except LimitReached:
        return b"".join(pieces), True
    return b"".join(pieces), False


def rows(form: Format, document: bytes) -> list[tuple[str, str]]:
    """Subject and object of every row, read by somebody else's parser. Fails when the document is not complete."""
    text = document.decode()
    match form.name:
        case "json":
            return [(r["s"]["value"], r["o"]["value"]) for r in json.loads(text)["results"]["bindings"]]
        case "xml":
            name = "{http://www.w3.org/2005/sparql-results#}"
            found = ElementTree.fromstring(text).iter(f"{name}result")
            return [(r.findtext(f"*/{name}uri") or "", r.findtext(f"*/{name}literal") or "") for r in found]
        case "csv":
            assert text.endswith("\r\n")
            return [(r[0], r[1]) for r in list(csv.reader(io.StringIO(text, newline="")))[1:]]
        case "tsv":
            assert text.endswith("\n")
            return [(line.split("\t")[0].strip("<>"), line.split("\t")[1]) for line in text.splitlines()[1:]]
        case _:
            return [(q.subject.value, q.object.value) for q in parse(document, form.writer)]  # type: ignore[union-attr, arg-type]


FORMATS = [*SELECT.values(), *GRAPH.values()]


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
@pytest.mark.parametrize("max_bytes", [5_000, 65_536, 65_537, 100_000, 131_072, 150_001])
def test_a_cut_document_is_whole(store: Store, form: Format, max_bytes: int) -> None:
    document, truncated = written(store, form, max_bytes)
    everything, _ = written(store, form, 10**9)
    assert truncated
    assert max_bytes * 0.9 < len(document) <= max_bytes + len(form.closing)
    found = rows(form, document)
    assert found == rows(form, everything)[: len(found)]
    assert 0 < len(found) < ROWS


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_a_document_that_fits_is_not_touched(store: Store, form: Format) -> None:
    document, truncated = written(store, form, 10**9, ROWS if form.name in SELECT else None)
    assert not truncated
    assert len(rows(form, document)) == ROWS
    assert written(store, form, len(document)) == (document, False)


@pytest.mark.parametrize("form", SELECT.values(), ids=lambda form: form.name)
@pytest.mark.parametrize("max_rows", [1, 7, 900, ROWS - 1])
def test_rows_are_counted(store: Store, form: Format, max_rows: int) -> None:
    document, truncated = written(store, form, 10**9, max_rows)
    assert truncated
    assert len(rows(form, document)) == max_rows


@pytest.mark.parametrize("form", [form for form in FORMATS if form.closing], ids=lambda form: form.name)
def test_a_cut_document_says_so_where_it_can(store: Store, form: Format) -> None:
    document, _ = written(store, form, 20_000)
    assert b"truncated" in document or form.name == "jsonld"


def test_a_row_longer_than_everything() -> None:
    store = Store()
    store.add(Quad(NamedNode("http://e/s"), NamedNode("http://e/p"), Literal("x" * 200_000)))
    with pytest.raises(RowTooLong):
        written(store, SELECT["json"], 100_000)


@pytest.mark.parametrize("form", [form for form in FORMATS if form.xml], ids=lambda form: form.name)
def test_what_xml_cannot_say_does_not_break_the_document(form: Format) -> None:
    store = Store()
    text = "".join(map(chr, range(1, 32))) + "ä"
    store.add(Quad(NamedNode("http://e/s"), NamedNode("http://e/p"), Literal(text)))
    document, cut = written(store, form, 10_000)
    assert not cut
    (found,) = [element.text for element in ElementTree.fromstring(document).iter() if "ä" in (element.text or "")]
    assert {"\ufffd", "\t", "\n", "ä"} <= set(found or "") <= {"\ufffd", "\t", "\n", "\r", "ä"}
