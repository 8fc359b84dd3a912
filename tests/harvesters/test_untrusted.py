"""RDF from strangers: read right when it is right, and harmless whatever it is."""

from __future__ import annotations

import os
import time

import pyoxigraph as ox
import pytest

from harvesters.untrusted import SYNTAXES, UnparsableRdf, parse, syntax_of
from tests.standins import StandIn

BASE = "http://example.org/list"
NAME = "https://schema.org/name"
RDF_XML = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:s="https://schema.org/">{}</rdf:RDF>'
DOCUMENTS = {
    "turtle": f'<#beucha> <{NAME}> "Kulturhaus Beucha"@de .',
    "n-triples": f'<{BASE}#beucha> <{NAME}> "Kulturhaus Beucha"@de .',
    "n-quads": f'<{BASE}#beucha> <{NAME}> "Kulturhaus Beucha"@de <{BASE}> .',
    "trig": f'<> {{ <#beucha> <{NAME}> "Kulturhaus Beucha"@de }}',
    "rdf-xml": '<?xml version="1.0" encoding="utf-8"?>'
    + RDF_XML.format(
        '<rdf:Description rdf:about="#beucha"><s:name xml:lang="de">Kulturhaus Beucha</s:name></rdf:Description>'
    ),
    "json-ld": '{"@context": "https://schema.org/", "@id": "#beucha", '
    '"name": {"@value": "Kulturhaus Beucha", "@language": "de"}}',
}


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_every_syntax_gives_the_same_triple(syntax: str, mark: bytes) -> None:
    quads = parse(mark + DOCUMENTS[syntax].encode(), syntax, base_iri=BASE)
    assert [quad.triple for quad in quads] == [
        ox.Triple(ox.NamedNode(f"{BASE}#beucha"), ox.NamedNode(NAME), ox.Literal("Kulturhaus Beucha", language="de"))
    ]


def test_latin_1_xml_that_says_so() -> None:
    document = '<?xml version="1.0" encoding="ISO-8859-1"?>' + RDF_XML.format(
        '<rdf:Description rdf:about="#a"><s:name>Gößnitz</s:name></rdf:Description>'
    )
    (quad,) = parse(document.encode("latin-1"), "rdf-xml", base_iri=BASE)
    assert quad.object == ox.Literal("Gößnitz")


@pytest.mark.parametrize(
    ("media_type", "name", "syntax"),
    [
        ("text/turtle", "http://e/x.rdf", "turtle"),
        ("application/ld+json", "http://e/x", "json-ld"),
        ("text/plain", "http://e/x.nt?version=1", "n-triples"),
        ("application/octet-stream", "x.TRIG#a", "trig"),
        ("application/xml", "http://e/x", "rdf-xml"),
        ("application/json", "http://e/x", "json-ld"),
        ("", "x.nq", "n-quads"),
        ("text/html", "http://e/x", None),
    ],
)
def test_syntax_by_media_type_or_name(media_type: str, name: str, syntax: str | None) -> None:
    assert syntax_of(media_type, name) == syntax


@pytest.mark.parametrize(
    ("syntax", "document", "complaint"),
    [
        ("turtle", "<a> <b> <c>", "is not valid Turtle: Parser error at line 1"),
        ("turtle", "<html><body>", "is not valid Turtle"),
        ("json-ld", '{"@id": "a", "b": [', "is not JSON-LD"),
        ("json-ld", "<html>", "is not JSON-LD"),
        ("json-ld", '{"@id": 5}', "is not valid JSON-LD"),
        ("rdf-xml", "<rdf:RDF", "is not valid RDF/XML"),
        ("turtle", "<a> <b> <http://exa mple/> .", "Invalid IRI"),
        ("turtle", "<a> <b> <<( <a> <b> <c> )>> .", "triple terms"),
    ],
)
def test_what_is_not_valid_is_said(syntax: str, document: str, complaint: str) -> None:
    with pytest.raises(UnparsableRdf, match=complaint) as refusal:
        parse(document.encode(), syntax, base_iri=BASE)
    assert str(refusal.value).isprintable()


def test_lenient_lets_one_bad_iri_pass() -> None:
    quads = parse(b"<a> <b> <http://exa mple/> . <c> <b> <d> .", "turtle", base_iri=BASE, lenient=True)
    assert len(quads) == 2


@pytest.mark.parametrize(
    ("syntax", "document"),
    [
        ("turtle", "<a> <b> " + "<<( <a> <b> " * 300_000 + "1" + ")>>" * 300_000 + " ."),
        ("n-quads", "<http://a> <http://b> " + "<<( <http://a> <http://b> " * 300_000 + "<http://c>" + ")>>" * 300_000),
        ("json-ld", '{"p":' * 20_000 + "1" + "}" * 20_000),
        ("json-ld", "[" * 1_000_000),
        ("json-ld", '{"@context": {"a": "b:c", "b": "a:d"}, "a": 1}'),
        ("rdf-xml", RDF_XML.format("<s:A><s:p>" * 50_000 + "</s:p></s:A>" * 50_000)),
        ("turtle", f"@prefix p: <http://{'x' * 500_000}/> ." + "p:a p:b p:c , p:d , p:e ." * 2000),
    ],
    ids=["triple-terms", "triple-terms-nq", "deep-json", "deep-list", "cyclic-context", "deep-xml", "long-prefix"],
)
def test_what_kills_or_stalls_the_parser_costs_only_an_error(syntax: str, document: str) -> None:
    begun = time.monotonic()
    with pytest.raises(UnparsableRdf):
        parse(document.encode(), syntax, base_iri=BASE, seconds=2)
    assert time.monotonic() - begun < 60  # unstopped, none of them ends; a busy machine may take its time
    assert os.getpid()  # still here


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x [\n <!ENTITY % a SYSTEM "http://127.0.0.1:{port}/a.dtd"> %a;]>',
        '<!doctype x [<!entity a "b">]>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xml_entities_are_refused(doctype: str, encoding: str) -> None:
    with StandIn() as site:
        body = doctype.replace("{port}", str(site.port)) + RDF_XML.format("<s:A><s:name>&a;</s:name></s:A>")
        with pytest.raises(UnparsableRdf, match="declares XML entities"):
            parse(body.encode(encoding), "rdf-xml", base_iri=BASE)
        assert site.requests == []


@pytest.mark.parametrize(
    "context",
    [
        '"{url}"',
        '["https://schema.org", "{url}"]',
        '{"@import": "{url}"}',
        '{"name": {"@id": "https://schema.org/name", "@context": "{url}"}}',
        '[{"a": "http://a/"}, {"T": {"@id": "http://a/T", "@context": ["{url}"]}}]',
        '"context.jsonld"',
        '"file:///etc/passwd"',
        '"http://169.254.169.254/"',
    ],
)
@pytest.mark.parametrize("where", ['{{"@context": {}, "name": "x"}}', '{{"@graph": [{{"a": {{"@context": {}}}}}]}}'])
def test_remote_contexts_are_never_fetched(context: str, where: str) -> None:
    with StandIn() as site:
        document = where.format(context.replace("{url}", site.url("/context.jsonld")))
        with pytest.raises(UnparsableRdf, match="remote JSON-LD context"):
            parse(document.encode(), "json-ld", base_iri=site.url("/"))
        assert site.requests == []


def test_a_context_may_be_given_by_the_settings() -> None:
    contexts = {
        "http://example.org/context.jsonld": {
            "@context": {"titel": NAME, "web": {"@id": "http://x/web", "@type": "@id"}}
        }
    }
    document = b'{"@context": ["http://example.org/context.jsonld"], "@id": "a", "titel": "x", "web": "b"}'
    quads = parse(document, "json-ld", base_iri="http://example.org/", contexts=contexts)
    assert {(quad.predicate.value, quad.object) for quad in quads} == {
        (NAME, ox.Literal("x")),
        ("http://x/web", ox.NamedNode("http://example.org/b")),
    }


@pytest.mark.parametrize(
    "address", ["https://schema.org", "http://schema.org/", "https://schema.org/docs/jsonldcontext.jsonld"]
)
def test_the_context_of_schema_org_is_at_hand(address: str) -> None:
    document = f'{{"@context": "{address}", "@type": "Place", "@id": "a", "url": "b", "name": "x"}}'
    quads = parse(document.encode(), "json-ld", base_iri="http://example.org/")
    assert {quad.object for quad in quads} == {
        ox.NamedNode("https://schema.org/Place"),
        ox.NamedNode("http://example.org/b"),
        ox.Literal("x"),
    }


def test_the_number_of_statements_is_limited() -> None:
    document = "".join(f"<s{number}> <p> {number} .\n" for number in range(50)).encode()
    assert len(parse(document, "turtle", base_iri=BASE, max_quads=50)) == 50
    with pytest.raises(UnparsableRdf, match="has more than 49 statements"):
        parse(document, "turtle", base_iri=BASE, max_quads=49)
