"""The rdf reader: the same trees from every syntax, stable between readings, and nothing fetched behind our back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harvesters.fetch import BadContent
from harvesters.reading import SourceFailed
from tests.harvesters.readers.harvests import Harvest, harvest
from tests.standins import Reply, Request, StandIn, versioned

S = "https://schema.org/"
DCT = "http://purl.org/dc/terms/"
PREFIXES = f"""
@prefix s: <{S}> . @prefix dct: <{DCT}> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
BEUCHA = """
<orte/beucha> a s:Place ; s:name "Kulturhaus Beucha"@de , "Beucha House of Culture"@en ;
  s:url <https://beucha.example/> ;
  s:address [ a s:PostalAddress ; s:addressLocality "Brandis" ; s:postalCode "04824" ] ;
  s:geo <orte/beucha#geo> ; s:floorSize 420.5 ; dct:modified "2026-11-01"^^xsd:date ;
  dct:license <http://creativecommons.org/publicdomain/zero/1.0/> .
<orte/beucha#geo> s:latitude 51.3 ; s:longitude 12.5 .
"""
ZEITZ = '<orte/zeitz> a s:Place , s:LocalBusiness ; s:name "Nudelfabrik" ; s:isPartOf <orte/beucha> .\n'


@pytest.fixture
def site() -> Iterator[StandIn]:
    with StandIn() as standin:
        yield standin


def read(
    site: StandIn, body: Any, *, media_type: str = "text/turtle", path: str = "/places", **options: Any
) -> Harvest:
    if isinstance(body, str):
        body = Reply(body.encode(), headers={"Content-Type": media_type})
    site.route(path, body)
    return harvest("rdf", site, url=site.url(path), **options)


def test_created_updated_and_withdrawn_are_exactly_right(site: StandIn) -> None:
    first = read(site, PREFIXES + BEUCHA + ZEITZ, classes=[f"{S}Place"])
    assert first.keys == [site.url("/orte/beucha"), site.url("/orte/zeitz")]
    # The order of statements and the labels of blank nodes mean nothing.
    shuffled = (
        PREFIXES
        + ZEITZ
        + BEUCHA.replace("[ a s:PostalAddress ;", "_:b . _:b a s:PostalAddress ;").replace(
            '"04824" ] ;', '"04824" . <orte/beucha>'
        )
    )
    assert read(site, shuffled, classes=[f"{S}Place"]).changes(first) == (set(), set(), set())
    changed = PREFIXES + BEUCHA.replace("04824", "04821") + '<orte/colditz> a s:Place ; s:name "Alte Brauerei" .'
    created, updated, withdrawn = read(site, changed, classes=[f"{S}Place"]).changes(first)
    assert created == {site.url("/orte/colditz")}
    assert updated == {site.url("/orte/beucha")}
    assert withdrawn == {site.url("/orte/zeitz")}


def test_a_record_is_a_tree(site: StandIn) -> None:
    record = read(site, PREFIXES + BEUCHA + ZEITZ, classes=[f"{S}Place"]).records[site.url("/orte/beucha")]
    xsd = "http://www.w3.org/2001/XMLSchema#"
    assert record.data == {
        "@id": site.url("/orte/beucha"),
        "@type": [f"{S}Place"],
        f"{S}name": [
            {"@language": "de", "@value": "Kulturhaus Beucha"},
            {"@language": "en", "@value": "Beucha House of Culture"},
        ],
        f"{S}url": [{"@id": "https://beucha.example/"}],
        f"{S}address": [
            {
                "@type": [f"{S}PostalAddress"],
                f"{S}addressLocality": [{"@value": "Brandis"}],
                f"{S}postalCode": [{"@value": "04824"}],
            }
        ],
        f"{S}geo": [
            {
                "@id": site.url("/orte/beucha") + "#geo",
                f"{S}latitude": [{"@type": f"{xsd}decimal", "@value": "51.3"}],
                f"{S}longitude": [{"@type": f"{xsd}decimal", "@value": "12.5"}],
            }
        ],
        f"{S}floorSize": [{"@type": f"{xsd}decimal", "@value": "420.5"}],
        f"{DCT}modified": [{"@type": f"{xsd}date", "@value": "2026-11-01"}],
        f"{DCT}license": [{"@id": "http://creativecommons.org/publicdomain/zero/1.0/"}],
    }
    assert record.page == site.url("/orte/beucha")
    assert record.modified == "2026-11-01"
    assert record.licence == "http://creativecommons.org/publicdomain/zero/1.0/"


DOCUMENTS = {
    "text/turtle": '<a> a <{S}Place> ; <{S}name> "Zum Löwen"@de ; <{S}address> [ <{S}postalCode> "04824" ] .',
    "application/trig": '<g> {{ <a> a <{S}Place> ; <{S}name> "Zum Löwen"@de }} '
    '<a> <{S}address> [ <{S}postalCode> "04824" ] .',
    "application/n-triples": '<{U}a> <{T}type> <{S}Place> .\n<{U}a> <{S}name> "Zum L\\u00F6wen"@de .\n'
    '<{U}a> <{S}address> _:x .\n_:x <{S}postalCode> "04824" .\n',
    "application/n-quads": '<{U}a> <{T}type> <{S}Place> <{U}g> .\n<{U}a> <{S}name> "Zum Löwen"@de .\n'
    '<{U}a> <{S}address> _:x <{U}g> .\n_:x <{S}postalCode> "04824" <{U}h> .\n',
    "application/rdf+xml": '<r:RDF xmlns:r="{T}" xmlns:s="{S}"><s:Place r:about="a">'
    '<s:name xml:lang="de">Zum Löwen</s:name>'
    '<s:address r:parseType="Resource"><s:postalCode>04824</s:postalCode></s:address></s:Place></r:RDF>',
    "application/ld+json": '{{"@context": "http://schema.org", "@type": "Place", "@id": "a", '
    '"name": {{"@value": "Zum Löwen", "@language": "de"}}, "address": {{"postalCode": "04824"}}}}',
}


@pytest.mark.parametrize("media_type", DOCUMENTS)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_every_syntax_gives_the_same_record(site: StandIn, media_type: str, encoding: str) -> None:
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    document = DOCUMENTS[media_type].format(S=S, T=rdf, U=site.url("/"))
    found = read(site, Reply(document.encode(encoding), headers={"Content-Type": f"{media_type}; charset=utf-8"}))
    assert {key: record.data for key, record in found.records.items()} == {
        site.url("/a"): {
            "@id": site.url("/a"),
            "@type": [f"{S}Place"],
            f"{S}name": [{"@language": "de", "@value": "Zum Löwen"}],
            f"{S}address": [{f"{S}postalCode": [{"@value": "04824"}]}],
        }
    }


def test_one_spelling_of_schema_org(site: StandIn) -> None:
    found = read(
        site, '<a> a <http://schema.org/Place> ; <http://schema.org/name> "x" .', classes=["http://schema.org/Place"]
    )
    assert set(found.records[site.url("/a")].data) == {"@id", "@type", f"{S}name"}


def test_lists_keep_their_order(site: StandIn) -> None:
    body = PREFIXES + "<a> a s:Place ; s:steps ( 3 1 ( 2 ) [ s:name 'x' ] ) , () ."
    lists = read(site, body).records[site.url("/a")].data[f"{S}steps"]
    (full,) = [value["@list"] for value in lists if value["@list"]]
    assert [member.get("@value") for member in full] == ["3", "1", None, None]
    assert full[2]["@list"][0]["@value"] == "2"
    assert full[3] == {f"{S}name": [{"@value": "x"}]}
    assert {"@list": []} in lists


def test_what_has_an_iri_of_its_own_is_embedded_only_where_asked(site: StandIn) -> None:
    body = (
        PREFIXES + "<a> a s:Place ; s:address <adr/1> ; s:isPartOf <b> . <adr/1> s:postalCode '04824' . <b> a s:Place ."
    )
    plain = read(site, body, classes=[f"{S}Place"]).records[site.url("/a")].data
    assert plain[f"{S}address"] == [{"@id": site.url("/adr/1")}]
    embedded = (
        read(site, body, classes=[f"{S}Place"], embed=[f"{S}address", f"{S}isPartOf"]).records[site.url("/a")].data
    )
    assert embedded[f"{S}address"] == [{"@id": site.url("/adr/1"), f"{S}postalCode": [{"@value": "04824"}]}]
    assert embedded[f"{S}isPartOf"] == [{"@id": site.url("/b")}]  # a record of its own


def test_keys_pages_and_what_is_left_out(site: StandIn) -> None:
    body = (
        PREFIXES
        + "<a> a s:Place ; s:identifier 'x 1' ; s:employee [ s:name 'P. Privat' ] ; s:url <https://a.example/> ."
    )
    found = read(site, body, key=f"{S}identifier", page=f"{S}url", leave_out=[f"{S}employee"])
    assert found.keys == ["x 1"]
    assert found.records["x 1"].page == "https://a.example/"
    assert f"{S}employee" not in found.records["x 1"].data
    assert read(site, body, key_prefix=site.url("/")).keys == ["a"]


def test_a_bad_resource_never_stops_the_rest(site: StandIn) -> None:
    tangle = "".join(f"_:b{n} s:p _:b{n + 1} ; s:q _:b{n + 1} . " for n in range(18))
    deep = "<deep> a s:Place ; s:p " + "[ s:p " * 30 + "1" + "]" * 30 + " . "
    circle = "<circle> a s:Place ; s:p _:x . _:x s:p _:y . _:y s:p _:x ; s:name 'y' . "
    body = (
        PREFIXES
        + ZEITZ
        + "[] a s:Place ; s:name 'nameless' . <tangle> a s:Place ; s:p _:b0 . "
        + tangle
        + deep
        + circle
    )
    body += "<bad> a s:Place ; s:url <http://exa mple/> . <" + "k" * 600 + "> a s:Place ."
    found = read(site, body, classes=[f"{S}Place"])
    assert found.keys == [site.url("/bad"), site.url("/circle"), site.url("/orte/zeitz")]
    assert found.records[site.url("/circle")].data[f"{S}p"] == [
        {f"{S}p": [{f"{S}name": [{"@value": "y"}], f"{S}p": []}]}
    ]
    reasons = " ".join(item.reason for item in found.unreadable)
    assert len(found.unreadable) == 4
    assert f"a resource without an IRI ({S}Place) has no key" in reasons
    assert "has more than 20,000 statements when written out" in reasons
    assert "nests more than 20 levels deep" in reasons
    assert "characters; at most 512" in reasons


def test_without_classes_every_typed_resource_that_stands_alone_is_a_record(site: StandIn) -> None:
    body = (
        PREFIXES + "<a> a s:Place ; s:geo <a#geo> . <a#geo> a s:GeoCoordinates . <b> s:name 'untyped' . [] a s:Place ."
    )
    found = read(site, body)
    assert found.keys == [site.url("/a")]
    assert found.records[site.url("/a")].data[f"{S}geo"][0]["@type"] == [f"{S}GeoCoordinates"]


@pytest.mark.parametrize("how", ["hydra", "header"])
def test_pages_are_followed_and_blank_nodes_of_different_pages_kept_apart(site: StandIn, how: str) -> None:
    hydra = "http://www.w3.org/ns/hydra/core#next"

    def answer(request: Request) -> Any:
        page = int(request.query.get("page", "1"))
        body = PREFIXES + f"<p{page}> a s:Place ; s:address _:x . _:x s:postalCode '0{page}' ."
        headers = {"Content-Type": "text/turtle"}
        if page < 3 and how == "hydra":
            body += f" <places?page={page}> <{hydra}> <places?page={page + 1}> ."
        elif page < 3:
            headers["Link"] = f'<places?page={page + 1}>; rel="next"'
        return Reply(body.encode(), headers=headers)

    found = read(site, answer, next=hydra if how == "hydra" else "header:Link")
    assert found.keys == [site.url("/p1"), site.url("/p2"), site.url("/p3")]
    codes = [record.data[f"{S}address"][0][f"{S}postalCode"] for record in found.records.values()]
    assert codes == [[{"@value": "01"}], [{"@value": "02"}], [{"@value": "03"}]]
    assert found.partial == ()


def test_a_next_page_that_came_before_is_partial(site: StandIn) -> None:
    body = PREFIXES + ZEITZ + "<places> <http://www.w3.org/ns/hydra/core#next> <places> ."
    found = read(site, body, next="http://www.w3.org/ns/hydra/core#next")
    assert "came before" in found.partial[0]
    assert len(site.asked("/places")) == 1


def test_remote_contexts_are_never_fetched_but_may_be_given(site: StandIn) -> None:
    context = site.url("/context.jsonld")
    site.route("/context.jsonld", {"@context": {"titel": f"{S}name"}})
    body = f'{{"@context": "{context}", "@id": "a", "@type": "{S}Place", "titel": "x"}}'
    with pytest.raises(BadContent, match="which is not fetched; give it in"):
        read(site, body, media_type="application/ld+json")
    found = read(site, body, media_type="application/ld+json", contexts={context: {"titel": f"{S}name"}})
    assert found.records[site.url("/a")].data[f"{S}name"] == [{"@value": "x"}]
    assert site.asked("/context.jsonld") == []


@pytest.mark.parametrize(
    ("body", "media_type", "complaint"),
    [
        ("<a> <b> <c>", "text/turtle", "is not valid Turtle"),
        ("<!doctype html><p>Wartung", "text/html", "answered HTML instead of RDF"),
        ("\n<html>", "text/turtle", "answered HTML instead of RDF"),
        ("  ", "text/turtle", "answered nothing instead of RDF"),
        ("a,b,c", "text/csv", "has text/csv, which names no RDF syntax; set the option 'syntax'"),
        ('{"@id": "a", "b": [', "application/ld+json", "is not JSON-LD"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><x/>', "application/rdf+xml", "declares XML entities"),
        ('{"p":' * 5000 + "1" + "}" * 5000, "application/ld+json", "is nested deeper than 100 levels"),
        ("<a> <b> " + "<<( <a> <b> " * 200_000 + "1" + ")>>" * 200_000, "text/turtle", "made the parser fail"),
    ],
)
def test_what_cannot_be_parsed_fails_the_reading(site: StandIn, body: str, media_type: str, complaint: str) -> None:
    with pytest.raises(SourceFailed, match=complaint) as failure:
        read(site, body, media_type=media_type)
    assert site.url("/places") in str(failure.value)


def test_the_syntax_may_be_given(site: StandIn) -> None:
    assert read(site, PREFIXES + ZEITZ, media_type="text/plain", syntax="turtle").keys == [site.url("/orte/zeitz")]
    assert read(site, PREFIXES + ZEITZ, media_type="text/plain", path="/places.ttl").keys == [site.url("/orte/zeitz")]


def test_a_file_beside_the_description(tmp_path: Path) -> None:
    (tmp_path / "places.ttl").write_text(PREFIXES + ZEITZ)
    file = str(tmp_path / "places.ttl")
    found = harvest("rdf", None, file=file, base="https://zeitz.example/")
    assert found.keys == ["https://zeitz.example/orte/zeitz"]
    assert found.records["https://zeitz.example/orte/zeitz"].page == "https://zeitz.example/orte/zeitz"


def test_an_unchanged_document_comes_from_the_cache_and_gives_the_same(site: StandIn, tmp_path: Path) -> None:
    document = Reply((PREFIXES + BEUCHA + ZEITZ).encode(), headers={"Content-Type": "text/turtle"})
    site.route("/places", versioned(document.body, etag='"1"', headers=document.headers))
    first = harvest("rdf", site, url=site.url("/places"), fetch={"cache": tmp_path})
    assert harvest("rdf", site, url=site.url("/places"), fetch={"cache": tmp_path}).changes(first) == (
        set(),
        set(),
        set(),
    )
    assert "if-none-match" in site.asked("/places")[1].headers


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"syntax": "n3"}, "'syntax' .* must be one of turtle"),
        ({"classes": 5}, "'classes' .* must be a text or a list of texts"),
        ({"contexts": "x"}, "'contexts' .* must be a table"),
        ({"class": "x"}, "'class' .* does not exist"),
    ],
)
def test_a_mistake_in_the_description_is_named(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(SourceFailed, match=complaint):
        harvest("rdf", None, url="http://example.org/", **options)
