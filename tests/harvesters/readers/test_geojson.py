"""The geojson reader: features of every geometry, and positions that make no sense."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from harvesters.reading import SourceFailed
from tests.harvesters.readers.harvests import Harvest, harvest
from tests.standins import Request, StandIn


@pytest.fixture
def site() -> Iterator[StandIn]:
    with StandIn() as standin:
        yield standin


def feature(key: Any, geometry: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "id": key, "properties": properties, "geometry": geometry}


def point(*coordinates: Any) -> dict[str, Any]:
    return {"type": "Point", "coordinates": list(coordinates)}


def read(site: StandIn, *features: Any, more: dict[str, Any] | None = None, **options: Any) -> Harvest:
    site.route("/layer", {"type": "FeatureCollection", "features": list(features), **(more or {})})
    return harvest("geojson", site, url=site.url("/layer"), **options)


def test_created_updated_and_withdrawn_are_exactly_right(site: StandIn) -> None:
    one, two = feature(1, point(12.5, 51.3), name="Beucha"), feature(2, point(12.1, 51.0), name="Zeitz")
    first = read(site, one, two)
    assert first.records["1"].data == {
        "id": 1,
        "properties": {"name": "Beucha"},
        "geometryType": "Point",
        "lon": 12.5,
        "lat": 51.3,
    }
    assert read(site, one, two).changes(first) == (set(), set(), set())
    moved = feature(2, point(12.2, 51.0), name="Zeitz")
    assert read(site, feature(3, None), moved).changes(first) == ({"3"}, {"2"}, {"1"})


SQUARE = [[12.0, 51.0], [12.4, 51.0], [12.4, 51.2], [12.0, 51.2], [12.0, 51.0]]
HORSESHOE = [[0, 0], [9, 0], [9, 9], [6, 9], [6, 3], [3, 3], [3, 9], [0, 9], [0, 0]]
BOW_TIE = [[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]


@pytest.mark.parametrize(
    ("geometry", "position"),
    [
        (point(12.5, 51.3, 140.0), (12.5, 51.3)),
        (point(51.3, 12.5), (51.3, 12.5)),  # swapped, zero and projected: for the lift to judge
        (point(0, 0), (0, 0)),
        (point(4520000, 5690000), (4520000, 5690000)),
        (point(), None),
        (None, None),
        ({"type": "Polygon", "coordinates": [SQUARE]}, (12.2, 51.1)),
        ({"type": "MultiPolygon", "coordinates": [[SQUARE]]}, (12.2, 51.1)),
        ({"type": "MultiPoint", "coordinates": [[12.5, 51.3]]}, (12.5, 51.3)),
        ({"type": "GeometryCollection", "geometries": [point(12.5, 51.3)]}, (12.5, 51.3)),
        ({"type": "Polygon", "coordinates": []}, None),
        ({"type": "GeometryCollection", "geometries": []}, None),
    ],
)
def test_every_geometry_has_one_position(site: StandIn, geometry: Any, position: tuple[float, float] | None) -> None:
    found = read(site, feature("a", geometry))
    data = found.records["a"].data
    assert (data.get("lon"), data.get("lat")) == (position or (None, None))
    assert "coordinates" not in str(data)


def test_the_position_of_an_outline_lies_inside_it(site: StandIn) -> None:
    data = read(site, feature("a", {"type": "Polygon", "coordinates": [HORSESHOE]})).records["a"].data
    assert not (3 < data["lon"] < 6 and data["lat"] > 3), "the centroid would lie between the arms"
    assert 0 < data["lon"] < 9
    assert 0 < data["lat"] < 9
    crossed = read(site, feature("a", {"type": "Polygon", "coordinates": [BOW_TIE]})).records["a"].data
    assert 0 < crossed["lon"] < 2


@pytest.mark.parametrize(
    "geometry",
    [
        *(
            {"coordinates": [1, 2]},
            "POINT(1 2)",
            {"type": "Point", "coordinates": "12,51"},
            point(12.5),
            point("12", "51"),
        ),
        *(point(None, None), point("NaN", 51), point(True, False), {"type": "Circle", "coordinates": [1, 2]}),
        *({"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}, {"type": "Polygon", "coordinates": [1, 2]}),
        *(
            {"type": "Polygon", "coordinates": [[[0, 0], [1, "x"], [1, 1], [0, 0]]]},
            {"type": "Point", "coordinates": {}},
        ),
        {"type": "GeometryCollection", "geometries": [point("x", 1)]},
    ],
)
def test_a_geometry_that_makes_no_sense_costs_only_its_own_record(site: StandIn, geometry: Any) -> None:
    found = read(site, feature("a", geometry), feature("b", point(12, 51)))
    assert found.keys == ["b"]
    assert found.unreadable[0].key == "a"
    assert "record 1 has a geometry that makes no sense" in found.unreadable[0].reason


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_nan_and_infinity_cost_only_their_own_record(site: StandIn, number: float) -> None:
    found = read(site, feature("a", point(12, number)), feature("b", point(12, 51)))
    assert (found.keys, [item.key for item in found.unreadable]) == (["b"], ["a"])


def test_keys_may_be_properties(site: StandIn) -> None:
    found = read(
        site,
        feature(None, None, uid="x", web="/orte/x"),
        feature(None, None),
        {"type": "Point"},
        "text",
        key="properties.uid",
        page="properties.web",
    )
    assert found.keys == ["x"]
    assert found.records["x"].page == site.url("/orte/x")
    assert [
        next(part for part in ("'properties.uid' is missing", "is no GeoJSON feature") if part in item.reason)
        for item in found.unreadable
    ] == ["'properties.uid' is missing", "is no GeoJSON feature", "is no GeoJSON feature"]


def test_a_stated_reference_system_is_passed_on(site: StandIn) -> None:
    crs = {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25832"}}}
    assert read(site, feature(1, point(1, 2)), more=crs).records["1"].data["crs"] == "urn:ogc:def:crs:EPSG::25832"
    assert "crs" not in read(site, feature(1, point(1, 2)), more={"crs": None}).records["1"].data


def test_ogc_api_features_is_paged_by_links(site: StandIn) -> None:
    def answer(request: Request) -> Any:
        page = int(request.query.get("offset", "0"))
        links = [{"rel": "self", "href": "/layer"}]
        if page < 2:
            links.append({"rel": "next", "href": f"/layer?offset={page + 1}"})
        return {"type": "FeatureCollection", "features": [feature(page, None)], "links": links, "numberMatched": 3}

    site.route("/layer", answer)
    paging = {"kind": "link", "next": "$.links[?@.rel=='next'].href", "total": "$.numberMatched"}
    found = harvest("geojson", site, url=site.url("/layer"), paging=paging)
    assert (found.keys, found.partial) == (["0", "1", "2"], ())


@pytest.mark.parametrize("body", [{"type": "Topology"}, {"error": "x"}, [], {"features": {}}])
def test_what_is_no_feature_collection_fails_the_reading(site: StandIn, body: Any) -> None:
    site.route("/layer", body)
    with pytest.raises(SourceFailed, match=r"holds no list at \$\.features"):
        harvest("geojson", site, url=site.url("/layer"))
