"""JSON-LD answers: plain to read, and exactly the same triples when a JSON-LD processor expands them."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyld import jsonld

from registry.formats import Context, Description, document, node

CONTEXT_URL = "http://orte.test/context.jsonld"
ROOT = "http://orte.test/site/a-2345"
XSD = "http://www.w3.org/2001/XMLSchema#"

DEFINITIONS: dict[str, Any] = {
    "@version": 1.1,
    "id": "@id",
    "type": "@type",
    "schema": "https://schema.org/",
    "orte": "https://w3id.org/orte/ns#",
    "xsd": XSD,
    "geo": "http://www.opengis.net/ont/geosparql#",
    "name": {"@id": "schema:name", "@container": "@language"},
    "keywords": {"@id": "schema:keywords", "@container": ["@language", "@set"]},
    "telephone": "schema:telephone",
    "url": {"@id": "schema:url", "@type": "@id"},
    "sameAs": {"@id": "schema:sameAs", "@type": "@id", "@container": "@set"},
    "address": {"@id": "schema:address", "@type": "@id"},
    "streetAddress": "schema:streetAddress",
    "latitude": {"@id": "schema:latitude", "@type": "xsd:decimal"},
    "capacity": {"@id": "schema:maximumAttendeeCapacity", "@type": "xsd:integer"},
    "targetApplies": {"@id": "orte:targetApplies", "@type": "xsd:boolean"},
    "foundingYear": {"@id": "schema:foundingDate", "@type": "xsd:gYear"},
    "foundingDate": {"@id": "schema:foundingDate", "@type": "xsd:date"},
    "phase": {
        "@id": "orte:phase",
        "@type": "@vocab",
        "@context": {"@vocab": "https://w3id.org/orte/concept/phase/"},
    },
    "Site": "orte:Site",
}


@pytest.fixture(scope="module")
def context() -> Context:
    return Context().extended(DEFINITIONS)


def triples(turtle: str) -> list[ox.Triple]:
    prefixes = "".join(
        f"@prefix {key}: <{value}> .\n"
        for key, value in DEFINITIONS.items()
        if isinstance(value, str) and value.endswith(("/", "#"))
    )
    text = f"@base <{ROOT}> .\n{prefixes}{turtle}"
    return [quad.triple for quad in ox.parse(text, ox.RdfFormat.TURTLE)]


def written(context: Context, turtle: str) -> Any:
    return node(Description(ROOT, triples(turtle)), context)


def expanded(content: bytes, definitions: dict[str, Any] | None = None) -> set[str]:
    """The triples a JSON-LD processor finds, as N-Quads lines; the published context comes from this table only."""

    def load(url: str, options: Any) -> Any:
        assert url == CONTEXT_URL
        return {"contextUrl": None, "documentUrl": url, "document": {"@context": definitions or DEFINITIONS}}

    nquads = jsonld.to_rdf(json.loads(content), {"format": "application/n-quads", "documentLoader": load})
    return {str(quad.triple) for quad in ox.parse(nquads, ox.RdfFormat.N_QUADS)}


def assert_same(context: Context, given: list[ox.Triple]) -> None:
    content = document(Description(ROOT, given), context, CONTEXT_URL)
    assert expanded(content) == {str(triple) for triple in given}, content.decode()


def test_reads_like_plain_json(context: Context) -> None:
    found = written(
        context,
        """<> a orte:Site ; schema:name "Haus"@de, "House"@en ; schema:telephone "+49 341 1" ;
             schema:maximumAttendeeCapacity 12 ; orte:targetApplies true ; schema:sameAs <http://a.test/> ;
             orte:phase <https://w3id.org/orte/concept/phase/operating> ; schema:address <#address> .
           <#address> schema:streetAddress "Markt 1" .""",
    )
    assert found == {
        "id": ROOT,
        "type": "Site",
        "name": {"de": "Haus", "en": "House"},
        "telephone": "+49 341 1",
        "sameAs": ["http://a.test/"],
        "address": {"id": ROOT + "#address", "streetAddress": "Markt 1"},
        "capacity": 12,
        "targetApplies": True,
        "phase": "operating",
    }
    assert list(found)[:3] == ["id", "type", "name"]


def test_several_values_make_a_list_and_sets_are_always_lists(context: Context) -> None:
    found = written(context, '<> schema:telephone "1", "2" ; schema:keywords "a"@de ; schema:url <http://a.test/> .')
    assert found["telephone"] == ["1", "2"]
    assert found["keywords"] == {"de": ["a"]}
    assert found["url"] == "http://a.test/"


@pytest.mark.parametrize(
    "turtle",
    [
        '<> schema:name "ohne Sprache" , "mit"@de-AT .',
        '<> schema:name 12 , <http://a.test/> , "x"^^xsd:token .',
        '<> schema:latitude "51.30"^^xsd:decimal , "51.30" , "fünf"@de .',
        '<> schema:latitude "+1.0"^^xsd:decimal , "5.13E1"^^xsd:double , 1.5 .',
        '<> schema:maximumAttendeeCapacity "007"^^xsd:integer , "12" , 9007199254740993 , -5 , "-0"^^xsd:integer .',
        '<> orte:targetApplies "1"^^xsd:boolean , true , "true" .',
        '<> schema:foundingDate "2019"^^xsd:gYear , "2019-02-01"^^xsd:date , "2019-02"^^xsd:gYearMonth , "bald"@de .',
        '<> schema:url "http://kein.iri/" , <mailto:a@b.test> , <urn:x:y> , <geo:51.3,12.3> , <schema:name> .',
        "<> orte:phase <https://w3id.org/orte/concept/phase/a:b> , <https://w3id.org/orte/concept/phase/name> .",
        '<> orte:phase <https://w3id.org/orte/concept/phase/> , <geo:1,2> , "operating" , <http://x.test/operating> .',
        "<> orte:phase <https://w3id.org/orte/concept/phase/@id> , <https://w3id.org/orte/concept/phase/a//b> .",
        "<> orte:phase <#address> . <#address> schema:name 'im Bereich'@de ; orte:phase <> .",
        "<> a orte:Site , <https://schema.org/Place> , <http://x.test/Typ> , <urn:typ:1> , <geo:typ> , 'Text' .",
        "<> <http://x.test/prop#1> 'x' ; <urn:p:q> 'y'@de ; <https://schema.org/unknown> 5 ; schema:name2 <> .",
        "<> schema:address <#a> , <#b> . <#a> schema:address <#b> . <#b> schema:address <#a> , <> .",
        "<#orphan> schema:name 'unverbunden'@de ; schema:address <#deep> . <#deep> schema:telephone '1' .",
        "<> schema:address [ schema:streetAddress 'Leerer Knoten' ] .",
        r'<> schema:telephone "\u0000\u0007\u2028\uFFFF<script>\"\\\n\t\r" , "" , " " , "@id" , "_:b" .',
        '<> schema:name ""@de , "emoji 🏚"@en-GB-oed , "x"@de-DE-1996 .',
    ],
)
def test_nasty_values_expand_to_the_same_triples(context: Context, turtle: str) -> None:
    given = triples(turtle)
    if any(isinstance(triple.object, ox.BlankNode) for triple in given):
        content = document(Description(ROOT, given), context, CONTEXT_URL)
        assert len(expanded(content)) == len(given)
    else:
        assert_same(context, given)


def test_long_chains_neither_recurse_nor_get_lost(context: Context) -> None:
    chain = [ROOT, *(f"{ROOT}#n{i}" for i in range(3000))]
    address = ox.NamedNode("https://schema.org/address")
    given = [ox.Triple(ox.NamedNode(a), address, ox.NamedNode(b)) for a, b in pairwise(chain)]
    content = document(Description(ROOT, given), context, CONTEXT_URL)
    found = json.loads(content)
    assert len(content.split(b'"address"')) - 1 == len(given)
    assert found["included" if "included" in found else "@included"]
    assert_same(context, given[:60])


LITERALS = st.one_of(
    st.builds(ox.Literal, st.text(st.characters(exclude_categories=["Cs"]), max_size=20)),
    st.builds(
        lambda text, language: ox.Literal(text, language=language),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
        st.sampled_from(["de", "en", "de-at", "x-klingon"]),
    ),
    st.builds(
        lambda text, name: ox.Literal(text, datatype=ox.NamedNode(XSD + name)),
        st.sampled_from(["1", "01", "-3", "true", "false", "1.0", "1e3", "2020", "2020-01-01", "INF", ""]),
        # Not xsd:double: PyLD rewrites its lexical forms even in typed strings, where the standard leaves them alone.
        st.sampled_from(["integer", "decimal", "boolean", "gYear", "date", "anyURI", "long"]),
    ),
)
NODES = st.sampled_from(
    [ROOT, ROOT + "#address", ROOT + "#geo", "http://a.test/", "geo:1,2", "name:x", "urn:a:b", "mailto:a@b.c"]
    + [f"https://w3id.org/orte/concept/phase/{name}" for name in ("operating", "name", "id", "geo", "é", "1")]
).map(ox.NamedNode)
SUBJECTS = st.sampled_from([ROOT, ROOT + "#address", ROOT + "#geo", ROOT + "#x"]).map(ox.NamedNode)
PREDICATES = st.sampled_from(
    [*sorted({term.iri for term in Context().extended(DEFINITIONS).terms.values()}), "http://x.test/p"]
).map(ox.NamedNode)
TRIPLES = st.builds(ox.Triple, SUBJECTS, PREDICATES, st.one_of(LITERALS, NODES))


@settings(max_examples=150, deadline=None)
@given(st.lists(TRIPLES, min_size=1, max_size=12, unique_by=str))
def test_any_triples_expand_to_the_same_triples(context: Context, given: list[ox.Triple]) -> None:
    assert_same(context, given)


@pytest.mark.parametrize(
    ("definitions", "named"),
    [
        ({"a": {"@reverse": "http://x.test/a"}}, "@reverse"),
        ({"a": {"@id": "http://x.test/a", "@container": "@index"}}, "'a'"),
        ({"@import": "http://x.test/"}, "@import"),
        ({"a": "b:c", "b": "a:c"}, "defined by itself"),
        ({"a": {"@id": "http://x.test/a", "@type": "@json"}}, "'a'"),
    ],
)
def test_a_context_that_is_not_understood_is_refused(definitions: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Context().extended(definitions)


def test_a_broken_context_file_is_named(tmp_path: Any) -> None:
    path = tmp_path / "context.jsonld"
    path.write_text('{"@context": ')
    with pytest.raises(ValueError, match=r"context\.jsonld"):
        Context.read(path)
