"""What was found, as points for a map: one for each place, or for all that lie in one cell of a grid."""

from __future__ import annotations

import math
import sqlite3
from dataclasses import dataclass

import orjson

from registry.search.bitmaps import Bitmaps, ids
from registry.search.finding import matching
from registry.search.lookup import exists
from registry.search.query import Query

_SQUARE = 0.62
"""A degree of longitude in degrees of latitude at 51° north: what is square on the map."""


@dataclass(frozen=True)
class Point:
    """So many entities around a position in degrees; `iri` and `name` are given where it is one.

    `box` is west, south, east, north of what it stands for.
    """

    latitude: float
    longitude: float
    count: int
    iri: str | None
    name: str | None
    box: tuple[float, float, float, float]


def points(db: sqlite3.Connection, query: Query, bitmaps: Bitmaps, cell: float) -> list[Point]:
    """The entities that a query finds and that have a position, as points that are `cell` degrees apart at least."""
    if not exists(db):
        return []
    found = matching(db, query, bitmaps)
    rows = db.execute(
        "SELECT avg(latitude), avg(longitude), count(*), min(iri), min(name), min(longitude), min(latitude),"
        " max(longitude), max(latitude) FROM search_entity"
        " WHERE latitude NOT NULL AND id IN (SELECT value FROM json_each(?))"
        " GROUP BY CAST(floor(latitude / ?) AS INTEGER), CAST(floor(longitude / ?) AS INTEGER)",
        (orjson.dumps(ids(found).tolist()).decode(), cell * _SQUARE, cell),
    )
    return _apart(
        [
            Point(latitude, longitude, count, iri if count == 1 else None, name if count == 1 else None, (w, s, e, n))
            for latitude, longitude, count, iri, name, w, s, e, n in rows
        ],
        cell,
    )


def _apart(points: list[Point], cell: float) -> list[Point]:
    """Points of neighbouring cells may lie close to each other: the larger one takes in what is nearer than a cell."""
    kept: dict[tuple[int, int], list[Point]] = {}
    for point in sorted(points, key=lambda one: (-one.count, one.latitude, one.longitude)):
        row, column = math.floor(point.latitude / cell / _SQUARE), math.floor(point.longitude / cell)
        around = [(row + dy, column + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
        near = (
            (place, number)
            for place in around
            for number, one in enumerate(kept.get(place, ()))
            if _distance(one, point) < cell
        )
        if (larger := next(near, None)) is None:
            kept.setdefault((row, column), []).append(point)
        else:
            place, number = larger
            kept[place][number] = _united(kept[place][number], point)
    return [point for cell_points in kept.values() for point in cell_points]


def _distance(one: Point, other: Point) -> float:
    """On the map, in degrees of longitude."""
    return math.hypot((one.latitude - other.latitude) / _SQUARE, one.longitude - other.longitude)


def _united(larger: Point, smaller: Point) -> Point:
    west, south, east, north = larger.box
    other = smaller.box
    box = (min(west, other[0]), min(south, other[1]), max(east, other[2]), max(north, other[3]))
    return Point(larger.latitude, larger.longitude, larger.count + smaller.count, None, None, box)
