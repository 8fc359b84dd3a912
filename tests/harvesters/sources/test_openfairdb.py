"""What becomes of OpenFairDB's entries: the source's own lift over entries shaped like the real ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harvesters.reading import RawRecord
from harvesters.source import SHIPPED, load
from tests.harvesters.sources.lifting import Graph

COMPANY = "77b3c33a92554bcf8e8c2c86cedd6f6f"


def entry(key: str = "a1", **values: Any) -> RawRecord:
    data = {
        "id": key, "created": 1577836800, "version": 3, "title": "Grünes Haus", "description": "Ein Haus für alle.",
        "lat": 51.2365, "lng": 12.7259, "categories": [COMPANY], "tags": [], "license": "CC0-1.0",
    }  # fmt: skip
    return RawRecord(key, {**data, **values}, page=f"https://api.example/v0/entries/{key}")


def test_a_full_entry_becomes_a_site_with_address_and_position() -> None:
    graph = Graph(
        "openfairdb",
        [
            entry(
                street="Lange Str. 5", zip="04668", city="Grimma", country="Deutschland", state="Sachsen",
                homepage="HTTP://www.Gruenes-Haus.de", email="info@gruenes-haus.de", opening_hours="Mo-Fr 10:00-18:00",
                founded_on="2011-05-01", image_url="https://gruenes-haus.de/bild.jpg",
            )
        ],
    )  # fmt: skip
    assert graph.rows("SELECT ?p ?o { <http://127.0.0.1:8000/sources/openfairdb/records/a1#it> ?p ?o }") == [
        ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "ns#Site"),
        ("https://schema.org/address", "openfairdb/records/a1#address"),
        ("https://schema.org/description", "Ein Haus für alle."),
        ("https://schema.org/email", "info@gruenes-haus.de"),
        ("https://schema.org/foundingDate", "2011-05-01"),
        ("https://schema.org/geo", "openfairdb/records/a1#geo"),
        ("https://schema.org/image", "https://gruenes-haus.de/bild.jpg"),
        ("https://schema.org/name", "Grünes Haus"),
        ("https://schema.org/openingHours", "Mo-Fr 10:00-18:00"),
        ("https://schema.org/url", "http://www.gruenes-haus.de/"),
    ]
    assert graph.rows("SELECT ?s ?z ?l ?r ?c { ?a schema:streetAddress ?s ; schema:postalCode ?z ;"
                      " schema:addressLocality ?l ; schema:addressRegion ?r ; schema:addressCountry ?c }") == [
        ("Lange Straße 5", "04668", "Grimma", "Sachsen", "DE")
    ]  # fmt: skip
    assert graph.rows("SELECT ?lat ?lon ?wkt { ?g schema:latitude ?lat ; schema:longitude ?lon ; geo:asWKT ?wkt }") == [
        ("51.2365", "12.7259", "POINT(12.7259 51.2365)")
    ]


def test_tags_make_cooperation_sites_and_services() -> None:
    graph = Graph(
        "openfairdb",
        [
            entry("plain", tags=["bio", " Regional", ""]),
            entry("maker", tags=["FabLab", "makerspace", "repair-café"]),
            entry("desk", tags=["co-working", "café"]),
        ],
    )
    assert graph.rows("SELECT ?s { ?s a orte:CooperationSite }") == [
        ("openfairdb/records/desk#it",),
        ("openfairdb/records/maker#it",),
    ]
    assert graph.column("SELECT ?k { ?s schema:keywords ?k FILTER(CONTAINS(STR(?s), '/plain#')) }") == [
        "bio",
        "regional",
    ]
    services = graph.rows("""
        SELECT ?service ?kind ?name {
          ?site orte:offers ?service . ?service a orte:Service ; orte:serviceKind ?kind ; schema:name ?name
          FILTER(LANG(?name) = "de" && STRSTARTS(STR(?service), REPLACE(STR(?site), "#it", "/")))
        }""")
    assert services == [
        ("openfairdb/records/desk/service/desk#it", "concept/service/desk", "Arbeitsplatz (Grünes Haus)"),
        ("openfairdb/records/desk/service/gastronomy#it", "concept/service/gastronomy", "Gastronomie (Grünes Haus)"),
        ("openfairdb/records/maker/service/workshop#it", "concept/service/workshop", "Werkstatt (Grünes Haus)"),
    ]


def test_a_profile_is_no_website() -> None:
    graph = Graph("openfairdb", [entry(homepage="https://www.facebook.com/gruenes.haus/")])
    assert graph.rows("SELECT ?u { ?s schema:url ?u }") == []
    assert graph.column("SELECT ?u { ?s schema:sameAs ?u }") == ["https://www.facebook.com/gruenes.haus/"]


def test_a_bus_is_no_place() -> None:
    with pytest.raises(AssertionError, match="the lift made nothing of it"):
        Graph("openfairdb", [entry(title="Bücherbus")])


def test_every_real_entry_can_be_lifted_and_keeps_its_name(shared: Path) -> None:
    answer = json.loads((shared / "data" / "openfairdb_search_results.json").read_text(encoding="utf-8"))
    places = [place for place in answer["visible"] if "mobil" not in place["title"]]
    graph = Graph("openfairdb", [RawRecord(place["id"], place) for place in places])
    assert len(graph.column("SELECT ?n { ?s a orte:Site ; schema:name ?n }")) == len(places) == 98


def test_the_boxes_hold_every_district(shared: Path) -> None:
    boxes = load(SHIPPED / "openfairdb").read["boxes"]
    outlines = json.loads((shared / "data" / "kreise_irmd_vg250_2018.geojson").read_text(encoding="utf-8"))
    for (south, west, north, east), feature in zip(boxes, outlines["features"], strict=True):
        for polygon in feature["geometry"]["coordinates"]:
            ring = polygon[0] if feature["geometry"]["type"] == "MultiPolygon" else polygon
            assert all(west <= lon <= east and south <= lat <= north for lon, lat in ring), feature["properties"]["GEN"]
