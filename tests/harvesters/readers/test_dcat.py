"""The dcat reader: from a catalogue in any syntax to the records of the distribution that was meant, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyoxigraph as ox
import pytest

from harvesters.fetch import BadContent, BadStatus
from harvesters.reading import SourceFailed
from tests.harvesters.readers.harvests import Harvest, harvest
from tests.standins import Reply, Request, StandIn

PREFIXES = """
@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix hydra: <http://www.w3.org/ns/hydra/core#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix iana: <https://www.iana.org/assignments/media-types/> .
@prefix file: <http://publications.europa.eu/resource/authority/file-type/> .
"""
CATALOGUE = """
<catalog> a dcat:Catalog ; dcat:dataset <dataset/orte> , <dataset/wetter> .
<dataset/orte> a dcat:Dataset ; dct:title "Coworking-Orte"@de ; dct:identifier "orte-7" ;
  dct:license <https://creativecommons.org/licenses/by/4.0/> ; dcat:landingPage <portal/orte> ;
  dcat:distribution <orte/pdf> , <orte/csv> , <orte/geojson> .
<orte/pdf> a dcat:Distribution ; dcat:mediaType iana:application\\/pdf ; dcat:downloadURL <download/orte.pdf> .
<orte/csv> a dcat:Distribution ; dcat:mediaType iana:text\\/csv ; dct:title "Tabelle" ;
  dcat:accessURL <portal/orte> ; dcat:downloadURL <download/2026-11-22/orte.csv> ;
  dct:license <https://creativecommons.org/publicdomain/zero/1.0/> .
<orte/geojson> a dcat:Distribution ; dct:format [ a dct:IMT ; rdfs:label "GeoJSON" ] ;
  dcat:accessURL <download/orte.json> .
<dataset/wetter> a dcat:Dataset ; dct:title "Wetter" ; dcat:distribution [
  dct:format file:CSV ; dcat:downloadURL <download/wetter.csv> ] .
"""
CSV = "nr,name\n1,Alte Mühle\n2,Haus am Markt\n"
GEOJSON = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "id": "a",
            "properties": {"name": "Mühle"},
            "geometry": {"type": "Point", "coordinates": [12.7, 51.2]},
        }
    ],
}


@pytest.fixture
def site() -> Iterator[StandIn]:
    with StandIn() as standin:
        standin.route("/catalog", turtle(CATALOGUE))
        standin.route("/download/2026-11-22/orte.csv", CSV.encode())
        standin.route("/download/wetter.csv", b"nr,name\n1,Sonne\n")
        standin.route("/download/orte.json", GEOJSON)
        yield standin


def turtle(text: str) -> Reply:
    return Reply((PREFIXES + text).encode(), headers={"Content-Type": "text/turtle"})


def read(site: StandIn, **options: Any) -> Harvest:
    options.setdefault("distribution", {"reader": "csv", "key": "nr"})
    if "title" not in options:
        options.setdefault("dataset", site.url("/dataset/orte"))
    return harvest("dcat", site, url=site.url("/catalog"), **options)


def test_the_table_of_a_dataset_with_its_licence_and_a_page_that_lasts(site: StandIn) -> None:
    found = read(site)
    assert {key: record.data for key, record in found.records.items()} == {
        "1": {"nr": "1", "name": "Alte Mühle"},
        "2": {"nr": "2", "name": "Haus am Markt"},
    }
    record = found.records["1"]
    assert record.licence == "https://creativecommons.org/publicdomain/zero/1.0/", (
        "the distribution's, not the dataset's"
    )
    assert record.page == site.url("/portal/orte") + "#nr=1"
    assert not found.partial
    assert not site.asked("/download/wetter.csv"), "nobody wanted that"
    assert not site.asked("/download/orte.json")


def test_a_new_address_of_the_same_download_changes_nothing(site: StandIn) -> None:
    first = read(site)
    site.route("/catalog", turtle(CATALOGUE.replace("2026-11-22", "2026-11-23")))
    site.route("/download/2026-11-23/orte.csv", (CSV + "3,Neu\n").replace("Haus am Markt", "Markthaus").encode())
    assert read(site).changes(first) == ({"3"}, {"2"}, set())


def test_created_updated_and_withdrawn_are_exactly_right(site: StandIn) -> None:
    first = read(site)
    site.route("/download/2026-11-22/orte.csv", "nr,name\n1,Alte Mühle e. V.\n3,Neu\n".encode())
    assert read(site).changes(first) == ({"3"}, {"1"}, {"2"})


def test_another_distribution_by_format_and_the_datasets_own_licence(site: StandIn) -> None:
    found = read(site, distribution={"reader": "geojson"}, title="coworking")
    assert found.records["a"].data["lon"] == 12.7
    assert found.records["a"].licence == "https://creativecommons.org/licenses/by/4.0/"
    assert found.records["a"].page == site.url("/portal/orte")
    by_option = read(site, distribution={"reader": "json", "records": "$.features[*]", "key": "id"}, format="GEOJSON")
    assert by_option.keys == ["a"]


def test_rdf_of_a_distribution_keeps_its_own_pages(site: StandIn) -> None:
    site.route("/catalog", turtle(CATALOGUE.replace("iana:application\\/pdf", "file:RDF_TURTLE")))
    site.route("/download/orte.pdf", turtle('<http://a.example/1> a <http://a.example/Ort> ; dct:title "x" .'))
    found = read(site, distribution={"reader": "rdf"})
    assert found.records["http://a.example/1"].page == "http://a.example/1"


@pytest.mark.parametrize("syntax", ["json-ld", "rdf-xml", "n-triples", "trig"])
def test_the_catalogue_may_come_in_any_syntax(site: StandIn, syntax: str) -> None:
    formats = {
        "json-ld": (ox.RdfFormat.JSON_LD, "application/ld+json"),
        "rdf-xml": (ox.RdfFormat.RDF_XML, "application/rdf+xml"),
        "n-triples": (ox.RdfFormat.N_TRIPLES, "application/n-triples"),
        "trig": (ox.RdfFormat.TRIG, "application/trig"),
    }
    format, media = formats[syntax]
    triples = [
        q.triple for q in ox.parse(PREFIXES + CATALOGUE, format=ox.RdfFormat.TURTLE, base_iri=site.url("/catalog"))
    ]
    site.route("/catalog", Reply(ox.serialize(triples, format=format), headers={"Content-Type": media}))
    assert read(site).keys == ["1", "2"]


@pytest.mark.parametrize(
    "link", ["hydra:view [ hydra:next <{next}> ]", 'hydra:view [ hydra:nextPage "{next}" ]', "Link"]
)
def test_pages_of_a_catalogue_are_followed(site: StandIn, link: str) -> None:
    second = site.url("/catalog?page=2")
    one, two = CATALOGUE.split("<dataset/wetter> a", 1)
    headers = {"Link": f'<{second}>; rel="next"'} if link == "Link" else {}
    said = "" if link == "Link" else f"<catalog> {link.format(next=second)} ."
    said += " <x> a dcat:Dataset . <catalog> hydra:totalItems 3 . <dataset/wetter> a" + two
    first = Reply((PREFIXES + said).encode(), headers={"Content-Type": "text/turtle", **headers})

    def page(request: Request) -> Reply:
        return turtle(one) if request.query.get("page") == "2" else first

    site.route("/catalog", page)
    found = read(site)
    assert (found.keys, found.partial) == (["1", "2"], ())


def test_a_catalogue_that_claims_more_than_it_shows_deletes_nothing(site: StandIn) -> None:
    first = read(site)
    site.route("/catalog", turtle(CATALOGUE + "<catalog> hydra:totalItems 30 ."))
    site.route("/download/2026-11-22/orte.csv", b"nr,name\n1,X\n")
    second = read(site)
    assert "30" in second.partial[0]
    assert second.changes(first) == (set(), {"1"}, set())


def test_a_catalogue_whose_next_page_is_itself_is_partial(site: StandIn) -> None:
    site.route("/catalog", turtle(CATALOGUE + "<catalog> hydra:next <catalog> ."))
    found = read(site)
    assert found.keys == ["1", "2"]
    assert "came before" in found.partial[0]


def test_datasets_behind_their_own_addresses_are_followed(site: StandIn) -> None:
    described, _, rest = CATALOGUE.partition("<dataset/orte> a")
    dataset, _, weather = rest.partition("<dataset/wetter> a")
    base = f"@base <{site.url('/catalog')}> .\n"
    site.route("/catalog", turtle(described + "<dataset/wetter> a" + weather))
    site.route("/dataset/orte", turtle(base + "<dataset/orte> a" + dataset))
    assert read(site).keys == ["1", "2"]
    assert read(site, title="Coworking").keys == ["1", "2"]
    site.route("/dataset/orte", b"", status=503)
    with pytest.raises(BadStatus):
        read(site)


def test_several_datasets_with_keys_of_their_own(site: StandIn) -> None:
    both = [site.url("/dataset/orte"), site.url("/dataset/wetter")]
    assert read(site, dataset=both, prefix=True).keys == ["orte-7/1", "orte-7/2", "wetter/1"]
    site.route("/download/wetter.csv", b"", status=500)
    found = read(site, dataset=both, prefix=True)
    assert found.keys == ["orte-7/1", "orte-7/2"]
    assert "wetter.csv" in found.partial[0], "what is missing now is not gone"


def test_two_equal_distributions_are_no_guess(site: StandIn) -> None:
    archive = '[ dcat:mediaType "text/csv;charset=utf-8" ; dct:title "Archiv" ; dcat:downloadURL <download/alt.csv> ]'
    site.route("/catalog", turtle(CATALOGUE + f"<dataset/orte> dcat:distribution {archive} ."))
    with pytest.raises(SourceFailed, match="distribution_title"):
        read(site)
    assert read(site, distribution_title="tabelle").keys == ["1", "2"]


@pytest.mark.parametrize(
    ("body", "options", "reason"),
    [
        (CATALOGUE, {"dataset": "http://a.example/none"}, "no dataset http://a.example/none"),
        (CATALOGUE, {"title": "Schlösser"}, "none of the 2 datasets"),
        (CATALOGUE, {"media_type": "application/xml"}, "no distribution as application/xml"),
        ("<catalog> a dcat:Catalog .", {}, "lists no dcat:Dataset"),
        (CATALOGUE, {"distribution": {"reader": "wordpress"}}, "one of csv, json, geojson, rdf"),
        (CATALOGUE, {"distribution": {"reader": "csv", "key": "nr", "colour": "red"}}, "'colour' of the reader 'csv'"),
        (CATALOGUE, {"colour": "red"}, "'colour' of the reader 'dcat'"),
        (CATALOGUE, {"title": "("}, "is not a regular expression"),
    ],
)
def test_what_cannot_be_read_is_said(site: StandIn, body: str, options: dict[str, Any], reason: str) -> None:
    site.route("/catalog", turtle(body))
    with pytest.raises(SourceFailed, match=reason):
        read(site, **options)


@pytest.mark.parametrize(
    "bad",
    [
        Reply("<html>Wartung</html>"),
        Reply(b"", headers={"Content-Type": "text/turtle"}),
        Reply(b'{"@context": "http://127.0.0.1:9/c"}', headers={"Content-Type": "application/ld+json"}),
        Reply(
            b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaa">]><r>&a;</r>',
            headers={"Content-Type": "application/rdf+xml"},
        ),
    ],
    ids=["html", "empty", "remote context", "entities"],
)
def test_a_catalogue_in_trouble_fails_the_reading(site: StandIn, bad: Reply) -> None:
    site.route("/catalog", bad)
    with pytest.raises(BadContent):
        read(site)
