"""RDF syntaxes, CSV and GeoJSON; and JSON-LD in the context that is really published."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import orjson
import pyoxigraph as ox
import pytest
from pyld import jsonld

from registry.assets import ontology_dir
from registry.formats import Context, Description, Unwritable, document, serialise
from registry.formats.jsonld import flat
from registry.formats.media import NTRIPLES, RDFXML, TRIG, TURTLE, Format
from registry.formats.table import collected, collection, feature, lines, table
from registry.terms import PREFIXES
from registry.vocabulary import vocabulary

ROOT = "http://orte.test/site/haus-2345"
CONTEXT_URL = "http://orte.test/context.jsonld"

SITE = f"""
@prefix orte: <https://w3id.org/orte/ns#> .
@prefix schema: <https://schema.org/> .
@prefix geo: <http://www.opengis.net/ont/geosparql#> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix c: <https://w3id.org/orte/concept/> .
<{ROOT}> a orte:CooperationSite ;
  schema:name "Haus „Käse“ & <Söhne>"@de , "Cheese house"@en ;
  schema:alternateName "KH"@de , "Käsehaus"@de ;
  schema:description "Zeile 1\\nZeile 2; mit \\"Anführung\\""@de ;
  schema:address <{ROOT}#address> ; schema:geo <{ROOT}#geo> ;
  orte:phase <https://w3id.org/orte/concept/phase/operating> ;
  orte:theme <https://w3id.org/orte/concept/theme/crafts> , <https://w3id.org/orte/concept/theme/culture> ;
  orte:region <https://w3id.org/orte/region/14729> ;
  orte:floorArea "120.50"^^xsd:decimal ; schema:maximumAttendeeCapacity 40 ;
  schema:foundingDate "2019"^^xsd:gYear ; schema:keywords "Käse"@de , "cheese"@en ;
  schema:url <https://haus.test/?a=1&b=2> ; schema:sameAs <https://x.test/1> ;
  schema:telephone "+493411234567" ; schema:openingHours "Mo-Fr 09:00-17:00" ;
  orte:offers <http://orte.test/service/desk-3456> ;
  schema:memberOf <http://orte.test/network/n-4567> ;
  prov:wasDerivedFrom <http://orte.test/sources/a/records/1> , <http://orte.test/sources/b/records/x%2Fy> .
<{ROOT}#address> a schema:PostalAddress ; schema:streetAddress "Markt 1" ; schema:postalCode "04103" ;
  schema:addressLocality "Leipzig" ; schema:addressCountry "DE" .
<{ROOT}#geo> a schema:GeoCoordinates ; schema:latitude 51.3400 ; schema:longitude 12.37 ;
  geo:asWKT "POINT(12.37 51.34)"^^geo:wktLiteral .
"""


def given() -> list[ox.Triple]:
    return [quad.triple for quad in ox.parse(SITE, ox.RdfFormat.TURTLE)]


@pytest.fixture(scope="module")
def context() -> Context:
    return Context.read(ontology_dir() / "context.jsonld")


def expanded(content: bytes) -> set[str]:
    published = json.loads((ontology_dir() / "context.jsonld").read_bytes())

    def load(url: str, options: Any) -> Any:
        assert url == CONTEXT_URL
        return {"contextUrl": None, "documentUrl": url, "document": published}

    nquads = jsonld.to_rdf(json.loads(content), {"format": "application/n-quads", "documentLoader": load})
    return {str(quad.triple) for quad in ox.parse(nquads, ox.RdfFormat.N_QUADS)}


def test_a_site_in_the_published_context(context: Context) -> None:
    content = document(Description(ROOT, given()), context, CONTEXT_URL)
    assert expanded(content) == {str(triple) for triple in given()}
    found = json.loads(content)
    assert found["type"] == "CooperationSite"
    assert found["name"] == {"de": "Haus „Käse“ & <Söhne>", "en": "Cheese house"}
    assert (found["phase"], found["theme"], found["region"]) == ("operating", ["crafts", "culture"], "14729")
    assert found["geo"]["latitude"] == "51.3400"  # as the source wrote it: a JSON number would lose the zeros
    assert found["maximumAttendeeCapacity"] == 40
    assert found["foundingYear"] == "2019"
    assert "@" not in "".join(re.findall(r'"(@?\w+)":', content.decode()))[1:].replace("@context", "")


def test_everything_in_the_ontology_is_written_without_loss(context: Context) -> None:
    triples = [t for t in vocabulary().triples if isinstance(t.subject, ox.NamedNode)]
    named = [t for t in triples if not isinstance(t.object, ox.BlankNode)]
    content = flat(Description("https://w3id.org/orte/ns", named), context, CONTEXT_URL)
    assert expanded(content) == {str(triple) for triple in named}


@pytest.mark.parametrize(
    ("format", "syntax"),
    [
        (TURTLE, ox.RdfFormat.TURTLE),
        (NTRIPLES, ox.RdfFormat.N_TRIPLES),
        (RDFXML, ox.RdfFormat.RDF_XML),
        (TRIG, ox.RdfFormat.TRIG),
    ],
)
def test_every_syntax_says_the_same(format: Format, syntax: ox.RdfFormat) -> None:
    content = serialise(Description(ROOT, given()).triples(), format, PREFIXES)
    assert {str(quad.triple) for quad in ox.parse(content, syntax)} == {str(triple) for triple in given()}


def test_turtle_begins_with_the_thing_and_declares_only_what_it_uses() -> None:
    text = serialise(Description(ROOT, given()).triples(), TURTLE, PREFIXES).decode()
    assert "@prefix schema:" in text
    assert "@prefix dcat:" not in text
    body = [line for line in text.splitlines() if not line.startswith("@prefix")]
    assert body[0] == f"<{ROOT}> a orte:CooperationSite ;"


def test_xml_that_cannot_be_written_is_refused_and_control_characters_are_replaced() -> None:
    node = ox.NamedNode(ROOT)
    with pytest.raises(Unwritable, match=r"http://x\.test/123"):
        serialise([ox.Triple(node, ox.NamedNode("http://x.test/123"), node)], RDFXML, PREFIXES)
    text = ox.Triple(node, ox.NamedNode("http://x.test/p"), ox.Literal("a\x00b\x0bc", language="de"))
    (quad,) = ox.parse(serialise([text], RDFXML, PREFIXES), ox.RdfFormat.RDF_XML)
    assert quad.object == ox.Literal("a\ufffdb\ufffdc", language="de")


def cells(*literals: str) -> list[str]:
    """What ends up in the name column for these names."""
    name = ox.NamedNode("https://schema.org/name")
    things = [Description(ROOT, [ox.Triple(ox.NamedNode(ROOT), name, ox.Literal(text))]) for text in literals]
    return [row["name"] for row in csv.DictReader(io.StringIO(table(things).decode(), newline=""))]


def test_a_row_of_csv() -> None:
    (row,) = csv.DictReader(io.StringIO(table([Description(ROOT, given())]).decode(), newline=""))
    assert row["name"] == "Haus „Käse“ & <Söhne>"
    assert row["description"] == 'Zeile 1\nZeile 2; mit "Anführung"'
    assert (row["postalCode"], row["latitude"], row["theme"]) == ("04103", "51.3400", "crafts|culture")
    assert row["type"] == "CooperationSite"


@pytest.mark.parametrize(
    "text", ["=1+1", '=HYPERLINK("http://x")', "@SUM(1)", "+1-2", "-cmd|' /C calc'!A0", " =1", "\t=1", "＝1"]
)
def test_no_formula_hides_in_csv(text: str) -> None:
    assert cells(text) == [f"'{text}"]


def test_numbers_and_words_stay_as_they_are() -> None:
    assert cells("-12.5", "12", "Haus = Heim", "a+b") == ["-12.5", "12", "Haus = Heim", "a+b"]


@pytest.mark.parametrize("number", [0, 1, 3])
def test_a_collection_of_any_size_is_the_same_piece_by_piece(number: int) -> None:
    things = [Description(ROOT, given()), Description("http://orte.test/site/b", []), Description(ROOT, given())][
        :number
    ]
    assert b"".join(collected(things)) == orjson.dumps(collection(things, {}))
    assert len(list(lines(things))) == 1 + number, "a header, and a line for each"


def test_geojson() -> None:
    found = feature(Description(ROOT, given()))
    assert found["geometry"] == {"type": "Point", "coordinates": [12.37, 51.34]}
    assert found["id"] == ROOT
    assert found["properties"]["theme"] == ["crafts", "culture"]
    assert "latitude" not in found["properties"]
    whole = collection([Description(ROOT, given()), Description("http://orte.test/site/b", [])], {"numberMatched": 2})
    assert [one["geometry"] is None for one in whole["features"]] == [False, True]
    assert list(whole) == ["type", "numberMatched", "features"]
