"""Assign a place to its district: polygon, postal code and place, and the words of the source check each other."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pyoxigraph as ox

from harvesters.clean.custom import FN, CustomFunction, lexical
from harvesters.clean.district import (
    PLACE,
    POSITION,
    POSTAL,
    POSTCODE,
    REGION,
    TEXT,
    Assignment,
    Witness,
    decide,
    land_witness,
    moved,
    unknown_name,
)
from harvesters.clean.district_names import DISTRICTS, OUTSIDE, by_place, by_postcode, named
from harvesters.clean.finding import Finding, Report
from harvesters.clean.position import Position, position
from harvesters.gazetteer import Gazetteer, place_key, place_keys

BOX = (Decimal("50.80"), Decimal("52.11"), Decimal("10.87"), Decimal("13.23"))
"""South, north, west and east of the region: what lies beyond is outside even where no outlines are loaded."""


def assign(
    gazetteer: Gazetteer,
    *,
    lat: str = "",
    lon: str = "",
    postcode: str = "",
    place: str = "",
    text: str = "",
    land: str = "",
) -> Assignment:
    """The district of a place from whatever is known of it.

    Each witness names what it may mean: the position by outline (near a border also the neighbours), postal code and
    place by the gazetteer, `text` and `land` by their words. Agreement is silent; a witness that contradicts the result
    is reported, and so is a result that stays open. How much each counts: `harvesters.clean.district`.
    """
    point = position(lat, lon)
    witnesses = [
        _position(gazetteer, point),
        *_postal(gazetteer, postcode.strip(), place),
        Witness.of("text", named(text), TEXT),
        land_witness(land),
    ]
    found = decide(witnesses, (lat, lon, postcode, place, text, land))
    findings = (
        *found.findings,
        *unknown_name(text),
        *_by_name_only(found, place),
        *_centroid(gazetteer, point, lat, lon),
    )
    return Assignment(found.ags, found.outside, found.by, findings)


def as_custom_functions(gazetteer: Gazetteer, collect: Report) -> dict[ox.NamedNode, CustomFunction]:
    """`fn:district`, `fn:outside` and `fn:municipality` with a gazetteer, to take the place of those without one.

    `fn:district(text, postcode, place, lat, lon, land)` is the region's IRI or unbound, `fn:outside` with the same
    arguments true or unbound, `fn:municipality(postcode, place)` the name of the Gemeinde or unbound. Arguments may be
    "" and those at the end left out. Only `fn:district` reports, so that nothing is reported twice.
    """

    def assigned(terms: tuple[ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple, ...]) -> Assignment:
        text, postcode, place, lat, lon, land, *_ = [*map(lexical, terms), *[""] * 6]
        return assign(gazetteer, lat=lat, lon=lon, postcode=postcode, place=place, text=text, land=land)

    def district(*terms: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> ox.NamedNode | None:
        found = assigned(terms)
        for finding in found.findings:
            collect(finding)
        return ox.NamedNode(REGION + found.ags) if found.ags else None

    def outside(*terms: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> ox.Literal | None:
        return ox.Literal(True) if assigned(terms).outside else None

    def municipality(*terms: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> ox.Literal | None:
        postcode, place, *_ = [*map(lexical, terms), "", ""]
        name = town(gazetteer, postcode, place, collect)
        return ox.Literal(name) if name else None

    return {
        ox.NamedNode(FN + "district"): district,
        ox.NamedNode(FN + "outside"): outside,
        ox.NamedNode(FN + "municipality"): municipality,
    }


def town(gazetteer: Gazetteer, postcode: str, place: str, report: Report) -> str | None:
    """The name of the Gemeinde; where it is not the one that the source names, that is reported."""
    found = gazetteer.municipality(postcode, place)
    if found is None:
        return None
    if place.strip() and found not in gazetteer.towns(place):
        report(moved(place, found.name))
    return found.name


def _position(gazetteer: Gazetteer, point: Position | None) -> Witness:
    if point is None:
        return Witness("position", {})
    if gazetteer.outlines is None:
        south, north, west, east = BOX
        beyond = not (south <= point.lat <= north and west <= point.lon <= east)
        return Witness.of("position", (OUTSIDE,) if beyond else (), POSITION)
    covered = gazetteer.outlines.locate(float(point.lat), float(point.lon))
    says = dict.fromkeys(covered.near, PLACE)
    if covered.near_edge:
        says[OUTSIDE] = PLACE
    says[covered.ags or OUTSIDE] = POSITION
    return Witness("position", says)


def _postal(gazetteer: Gazetteer, postcode: str, place: str) -> Iterator[Witness]:
    """One witness where postal code and place confirm each other, else one for each."""
    rows = gazetteer.postcodes.get(postcode, ())
    by_code = frozenset(_code(row.ags) for row in rows) or by_postcode(postcode)
    keys = place_keys(place)
    districts = {row.ags for row in rows if place_key(row.place) in keys} or gazetteer.districts_of_place(place)
    by_name = frozenset(map(_code, districts)) or by_place(place)
    both = by_code & by_name
    if both:
        yield Witness.of("postcode+place", both, POSTAL)
        return
    yield Witness.of("postcode", by_code, POSTCODE)
    elsewhere = {OUTSIDE: PLACE / 2} if by_name else {}
    yield Witness("place", elsewhere | dict.fromkeys(by_name, PLACE))


def _code(ags: str) -> str:
    return ags if ags in DISTRICTS else OUTSIDE


def _by_name_only(found: Assignment, place: str) -> Iterator[Finding]:
    if "place" in found.by and set(found.by) <= {"place", "land"}:
        de, en = "nur am Ortsnamen erkannt", "recognised by the town's name only"
        yield Finding("district", place, de, en, found.ags or OUTSIDE)


def _centroid(gazetteer: Gazetteer, point: Position | None, lat: str, lon: str) -> Iterator[Finding]:
    if point is None:
        return
    parts = tuple(value for value in (lat, lon) if value.strip())
    found = ", ".join(parts)
    if centre := gazetteer.centroid(float(point.lat), float(point.lon)):
        de = f"die Mitte von {centre}, nicht die Stelle des Hauses"
        yield Finding("position", found, de, f"the centre of {centre}, not where the house is", None, parts)
    elif point.lat == round(point.lat, 1) and point.lon == round(point.lon, 1):
        yield Finding("position", found, "auf 10 km gerundet", "rounded to 10 km", None, parts)


__all__ = ["Assignment", "Gazetteer", "as_custom_functions", "assign", "town"]
