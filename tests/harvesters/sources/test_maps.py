"""Lifts of the sources that are lists of points: OpenStreetMap, offene Werkstätten, SpaceAPI, Wikidata.

The raw records are modelled on what is known of these sources, not seen; real Overpass answers are read in
tests/harvesters/readers/test_overpass.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from harvesters.reading import RawRecord
from tests.harvesters.sources.lifting import Graph

SITES = "SELECT ?s ?type { ?s a ?type FILTER(?type IN (orte:Site, orte:CooperationSite, orte:InnovationSite)) }"
ADDRESS = (
    "SELECT ?s ?z ?l ?c { ?a a schema:PostalAddress OPTIONAL { ?a schema:streetAddress ?s }"
    " OPTIONAL { ?a schema:postalCode ?z } OPTIONAL { ?a schema:addressLocality ?l }"
    " OPTIONAL { ?a schema:addressCountry ?c } }"
)
KINDS = "SELECT ?k { ?site orte:offers ?s . ?s a orte:Service ; orte:serviceKind ?k }"


def element(**tags: str) -> RawRecord:
    data = {"type": "node", "id": 5, "lat": 51.34, "lon": 12.37, "version": 3, "timestamp": "2024-01-01T00:00:00Z"}
    return RawRecord("node/5", {**data, "tags": tags}, page="https://www.openstreetmap.org/node/5")


def osm(**tags: str) -> Graph:
    return Graph("openstreetmap", [element(**{key.replace("__", ":"): value for key, value in tags.items()})])


@pytest.mark.parametrize(
    ("tags", "types", "kinds"),
    [
        ({"amenity": "coworking_space"}, ["ns#CooperationSite", "ns#Site"], ["concept/service/desk"]),
        ({"office": "coworking"}, ["ns#CooperationSite", "ns#Site"], ["concept/service/desk"]),
        ({"leisure": "hackerspace"}, ["ns#CooperationSite", "ns#Site"], ["concept/service/workshop"]),
        ({"amenity": "community_centre"}, ["ns#Site"], ["concept/service/event-space"]),
        (
            {"amenity": "community_centre", "community_centre": "village_hall"},
            ["ns#CooperationSite", "ns#Site"],
            ["concept/service/event-space"],
        ),
        ({"amenity": "arts_centre"}, ["ns#Site"], ["concept/service/exhibition"]),
    ],
)
def test_tags_say_what_an_element_is(tags: dict[str, str], types: list[str], kinds: list[str]) -> None:
    graph = osm(name="Haus", **tags)
    assert graph.column("SELECT ?t { ?s a ?t FILTER(?t IN (orte:Site, orte:CooperationSite)) }") == types
    assert graph.column(KINDS) == kinds


def test_an_element_keeps_address_hours_position_and_links() -> None:
    graph = osm(
        name="Haus", addr__street="Lange Str.", addr__housenumber="5 a", addr__postcode="04109", addr__city="Leipzig",
        addr__country="DE", opening_hours="Mo-Fr 09:00-17:00", contact__website="https://haus-leipzig.de",
        contact__facebook="https://www.facebook.com/haus.leipzig", wikidata="Q42", start_date="1998",
        alt_name="Das Haus",
    )  # fmt: skip
    assert graph.rows(ADDRESS) == [("Lange Straße 5a", "04109", "Leipzig", "DE")]
    rows = graph.rows("SELECT ?u ?h ?f ?a ?w { ?s schema:url ?u ; schema:openingHours ?h ; schema:foundingDate ?f ;"
                      " schema:alternateName ?a ; schema:geo/geo:asWKT ?w }")  # fmt: skip
    assert rows == [("https://haus-leipzig.de/", "Mo-Fr 09:00-17:00", "1998", "Das Haus", "POINT(12.37 51.34)")]
    same = ["http://www.wikidata.org/entity/Q42", "https://www.facebook.com/haus.leipzig"]
    assert graph.column("SELECT ?o { ?s schema:sameAs ?o }") == same


@pytest.mark.parametrize(
    ("operator", "names"),
    [
        ("Kulturverein Haus e.V.", ["Kulturverein Haus e. V."]),
        ("Stadt Leipzig", ["Stadt Leipzig"]),
        ("Vorname Nachname", []),
    ],
)
def test_only_organisations_are_operators_and_only_theirs_is_the_telephone(operator: str, names: list[str]) -> None:
    graph = osm(name="Haus", operator=operator, phone="+49 341 1234567", email="vorname.nachname@haus.de")
    assert graph.column("SELECT ?n { ?s orte:operatedBy [ a orte:Organisation ; schema:name ?n ] }") == names
    assert len(graph.column("SELECT ?t { ?s schema:telephone ?t }")) == len(names)
    assert graph.column("SELECT ?e { ?s schema:email ?e }") == []


def test_an_element_without_name_is_not_a_place_yet() -> None:
    with pytest.raises(AssertionError, match="the lift made nothing of it"):
        osm(amenity="community_centre")


def test_an_element_without_position_is_still_a_site() -> None:
    graph = Graph("openstreetmap", [RawRecord("way/1", {"type": "way", "id": 1, "tags": {"name": "Haus"}})])
    assert graph.rows(SITES) == [("openstreetmap/records/way%2F1#it", "ns#Site")]
    assert graph.column("SELECT ?g { ?s schema:geo ?g }") == []


@pytest.mark.parametrize(
    "crafts",
    [
        "Holz, Metall, 3D-Druck",
        ["Holz", "Metall", "3D-Druck"],
        [{"id": 1, "name": "Holz"}, {"name": "Metall"}, {"name": "3D-Druck"}],
    ],
)
def test_an_open_workshop_offers_its_crafts(crafts: Any) -> None:
    data = {"uid": 7, "name": "Werk", "street": "Weg", "street_nr": "1", "zip": "06108", "city": "Halle/Saale",
            "country": "Deutschland", "web": "werk-halle.de", "lat": "51.48", "lng": "11.97",
            "cats": crafts}  # fmt: skip
    graph = Graph("offene-werkstaetten", [RawRecord("7", data)])
    prefix = "concept/service/"
    assert graph.column(KINDS) == [prefix + "3d-printing", prefix + "metal", prefix + "wood"]
    assert graph.rows(ADDRESS) == [("Weg 1", "06108", "Halle (Saale)", "DE")]
    assert graph.rows("SELECT ?u ?w { ?s schema:url ?u ; schema:geo/geo:asWKT ?w }") == [
        ("https://werk-halle.de/", "POINT(11.97 51.48)")
    ]


def test_a_space_with_an_odd_name_keeps_it_in_text_and_never_in_an_address() -> None:
    name = "<name>space Gera"
    data = {"space": name, "url": "https://gera-space.de", "versions": ["15"], "contact": {}}
    graph = Graph("spaceapi", [RawRecord(name, data)])
    assert graph.column("SELECT ?n { ?s a orte:CooperationSite ; schema:name ?n }") == [name]
    assert graph.column("SELECT ?s { ?s a orte:CooperationSite }") == ["spaceapi/records/%3Cname%3Espace%20Gera#it"]


def test_a_space_gives_its_address_in_one_line() -> None:
    location = {
        "address": "Karl-Heine-Str. 93, 04229 Leipzig, Germany",
        "lat": 51.33,
        "lon": 12.33,
        "country_code": "DE",
    }
    graph = Graph(
        "spaceapi", [RawRecord("x", {"space": "Raum", "location": location, "contact": {"email": "info@raum.de"}})]
    )
    assert graph.rows(ADDRESS) == [("Karl-Heine-Straße 93", "04229", "Leipzig", "DE")]
    assert graph.column("SELECT ?e { ?s schema:email ?e }") == ["info@raum.de"]


def wikidata(**values: list[str]) -> Graph:
    return Graph(
        "wikidata", [RawRecord("Q7", {"item": ["http://www.wikidata.org/entity/Q7"], "label": ["Haus"], **values})]
    )


def test_an_item_of_wikidata_is_a_site_of_its_class() -> None:
    graph = wikidata(
        **{"class": ["coworking space"]}, coordinate=["Point(12.37 51.34)"], district=["14713"],
        website=["https://haus-leipzig.de"], founded=["2012-01-01T00:00:00Z"],
    )  # fmt: skip
    assert graph.rows("SELECT ?t ?r ?w ?f ?same { ?s a ?t ; orte:region ?r ; schema:geo/geo:asWKT ?w ;"
                      " schema:foundingDate ?f ; schema:sameAs ?same FILTER(?t != orte:Site) }") == [
        ("ns#CooperationSite", "region/14713", "POINT(12.37 51.34)", "2012", "http://www.wikidata.org/entity/Q7")
    ]  # fmt: skip


def test_several_positions_or_districts_are_none() -> None:
    graph = wikidata(coordinate=["Point(12.37 51.34)", "Point(12.4 51.3)"], district=["14713", "14729"])
    assert graph.column("SELECT ?g { ?s schema:geo ?g }") == []
    assert graph.column("SELECT ?r { ?s orte:region ?r }") == []


def test_a_science_park_offers_nothing_that_was_not_said() -> None:
    graph = wikidata(**{"class": ["science park"]})
    assert graph.column("SELECT ?t { ?s a ?t FILTER(?t != orte:Site) }") == ["ns#InnovationSite"]
    assert graph.column("SELECT ?o { ?s orte:offers ?o }") == []
