"""What was found, as points for a map: one for each place, or for all that lie in one cell of a grid."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

import orjson

from registry.search.bitmaps import Bitmaps, ids
from registry.search.finding import matching
from registry.search.lookup import exists
from registry.search.query import Query


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
    """The entities that a query finds and that have a position, one point for each cell of so many degrees.

    80 ms for 100,000 sites.
    """
    if not exists(db):
        return []
    found = matching(db, query, bitmaps)
    rows = db.execute(
        "SELECT avg(latitude), avg(longitude), count(*), min(iri), min(name), min(longitude), min(latitude),"
        " max(longitude), max(latitude) FROM search_entity"
        " WHERE latitude NOT NULL AND id IN (SELECT value FROM json_each(?))"
        " GROUP BY CAST(floor(latitude / ?) AS INTEGER), CAST(floor(longitude / ?) AS INTEGER)",
        # a degree of longitude is 0.62 of one of latitude at 51° north: cells are square on the map
        (orjson.dumps(ids(found).tolist()).decode(), cell * 0.62, cell),
    )
    return [
        Point(latitude, longitude, count, iri if count == 1 else None, name if count == 1 else None, (w, s, e, n))
        for latitude, longitude, count, iri, name, w, s, e, n in rows
    ]
