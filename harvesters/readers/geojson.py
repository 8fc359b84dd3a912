"""Read records from GeoJSON (RFC 7946): map layers, exports of geographic services, OGC API Features."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import shapely
import shapely.geometry

from harvesters.readers.listing import Listing
from harvesters.readers.options import Options
from harvesters.readers.recording import Recording
from harvesters.reading import Context, Item, Partial, Unreadable

_DIGITS = 7  # of a degree: a centimetre, and the same text however the point was computed


def read(options: Mapping[str, Any], context: Context) -> Iterator[Item]:
    """One raw record per feature.

    Its data is `{"id", "properties": {…}, "geometryType", "lon", "lat"}`. The position is that of a point, for any
    other geometry a point that lies inside it; outlines themselves are not kept. Numbers stand as the source has them:
    swapped, zero or projected ones are for the lift to judge, which gets a stated reference system's name as `crs`.

    Options: those of the reader `json`; `records` is `$.features[*]` and `key` is `id` unless given, and places begin
    at the data, as in `properties.name`.
    """
    settings = Options("geojson", options)
    accept = "application/geo+json, application/json;q=0.9, */*;q=0.1"
    listing = Listing.of(settings, context, records="$.features[*]", accept=accept)
    recording = Recording.of(settings, key="id")
    settings.done()
    for found in listing.found():
        if isinstance(found, Partial):
            yield found
            continue
        feature = found.value
        if not isinstance(feature, Mapping) or feature.get("type") != "Feature":
            yield Unreadable(
                None,
                f"{found.where} is no GeoJSON feature",
                str(feature)[:200],
                f"{found.where} ist kein GeoJSON-Feature",
            )
            continue
        data: dict[str, Any] = {"id": feature.get("id"), "properties": feature.get("properties") or {}}
        if crs := _reference_system(found.document):
            data["crs"] = crs
        geometry = feature.get("geometry")
        try:
            if geometry is not None:
                data |= _position(geometry)
        except _BadGeometry as error:
            item = recording.item(data, base=listing.location.base, where=found.where, name=found.name)
            key = getattr(item, "key", None)
            yield Unreadable(
                key,
                f"{found.where} has a geometry that makes no sense: {error}",
                str(geometry)[:200],
                f"{found.where} hat eine Geometrie, die keinen Sinn ergibt: {error}",
            )
            continue
        yield recording.item(data, base=listing.location.base, where=found.where, name=found.name)


class _BadGeometry(Exception):
    """What is wrong with a geometry."""


def _position(geometry: Any) -> dict[str, Any]:
    """`geometryType`, and `lon` and `lat` unless the geometry is empty."""
    kind = geometry.get("type") if isinstance(geometry, Mapping) else None
    if not isinstance(kind, str):
        raise _BadGeometry("it has no type")
    coordinates = geometry.get("coordinates")
    if not all(_is_number(number) for number in _numbers([coordinates, geometry.get("geometries", [])])):
        raise _BadGeometry("its coordinates are not all finite numbers")
    if kind == "Point":
        if coordinates == []:
            return {"geometryType": kind}
        if not isinstance(coordinates, list) or len(coordinates) < 2 or not all(map(_is_number, coordinates)):
            raise _BadGeometry("a point is [longitude, latitude]")
        return {"geometryType": kind, "lon": coordinates[0], "lat": coordinates[1]}
    try:
        shape = shapely.geometry.shape(geometry)
        point = shape.representative_point() if shape.is_valid else shapely.make_valid(shape).representative_point()
    except (ValueError, TypeError, AttributeError, IndexError, KeyError, shapely.errors.ShapelyError) as error:
        raise _BadGeometry(str(error) or type(error).__name__) from None
    if point.is_empty:
        return {"geometryType": kind}
    return {"geometryType": kind, "lon": round(point.x, _DIGITS), "lat": round(point.y, _DIGITS)}


def _numbers(coordinates: Any) -> Iterator[Any]:
    """Everything that should be a number; the answer's depth is limited already."""
    if isinstance(coordinates, list):
        for member in coordinates:
            yield from _numbers(member)
    elif isinstance(coordinates, Mapping):
        yield from _numbers([coordinates.get("coordinates", []), coordinates.get("geometries", [])])
    elif coordinates is not None:
        yield coordinates


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _reference_system(document: Any) -> str | None:
    """The name in a `crs` member, which RFC 7946 abolished and old programs still write."""
    crs = document.get("crs") if isinstance(document, Mapping) else None
    properties = crs.get("properties") if isinstance(crs, Mapping) else None
    name = properties.get("name") if isinstance(properties, Mapping) else None
    return name if isinstance(name, str) else None
