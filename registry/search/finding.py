"""Answer a question: intersect sets, count facets, and read one page in order."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from heapq import nsmallest
from itertools import islice
from operator import and_, or_

import orjson

from registry.search.bitmaps import Bitmaps, Members, State, bits
from registry.search.facets import FACETS
from registry.search.lookup import exists
from registry.search.query import Box, FacetCount, Hit, Near, Page, Position, Query, decode
from registry.search.text import matches

#: Up to this many hits SQLite sorts; beyond, a page is read along the index of the order.
_FEW = 2000
_EARTH_RADIUS = 6_371_008.8  # metres, mean radius (IUGG)


def find(db: sqlite3.Connection, query: Query, bitmaps: Bitmaps | None = None) -> Page:
    """One page of what the query asks for. Pass the process's Bitmaps; without, they are read anew (tests, CLI).

    Before anything was indexed, nothing is found. Raises BadCursor.
    """
    if not exists(db):
        return Page((), 0, {}, None)
    position = decode(query.cursor, query.order) if query.cursor else None
    state = (bitmaps or Bitmaps()).state(db)
    chosen = {facet: _any(state, query.kind, facet, values) for facet, values in query.facets.items()}
    tiers = matches(db, query.text) if query.text.strip() else []
    others = _restrictions(db, query, state.of_kind(query.kind))
    if query.text.strip():
        others &= reduce(or_, tiers, 0)
    found = reduce(and_, chosen.values(), others)
    counts = _counts(state, query.kind, chosen, others) if query.count_facets else {}
    hits, following = _page(db, query, tiers, found, position)
    return Page(tuple(hits), found.bit_count(), counts, following)


def _any(state: State, kind: str | None, facet: str, values: Iterable[str]) -> int:
    kinds = [kind] if kind else list(state.kinds)
    return reduce(or_, (state.values.get((k, facet, value), 0) for k in kinds for value in values), 0)


def _restrictions(db: sqlite3.Connection, query: Query, found: int) -> int:
    """Position and time."""
    if query.box is not None:
        found &= _in_box(db, query.box)
    if query.near is not None:
        found &= bits(number for number, distance in _distances(db, query.near) if distance <= query.near.radius)
    if query.modified_since is not None:
        rows = db.execute("SELECT id FROM search_entity WHERE modified >= ?", (query.modified_since,))
        found &= bits(row[0] for row in rows)
    return found


def _in_box(db: sqlite3.Connection, box: Box) -> int:
    # The R-tree rounds to 32 bits, outwards: the exact comparison follows.
    across = (
        "longitude >= :west AND longitude <= :east"
        if box.west <= box.east
        else "(longitude >= :west OR longitude <= :east)"
    )
    narrow = "AND b.west <= :east AND b.east >= :west" if box.west <= box.east else ""
    rows = db.execute(
        f"SELECT id FROM search_box b WHERE b.south <= :north AND b.north >= :south {narrow}"
        f" AND latitude >= :south AND latitude <= :north AND {across}",
        vars(box),
    )
    return bits(row[0] for row in rows)


def _distances(db: sqlite3.Connection, near: Near) -> Iterable[tuple[int, float]]:
    """Ids and distances in metres of what lies in the square around a circle."""
    degrees = math.degrees(near.radius / _EARTH_RADIUS)
    south, north = max(-90.0, near.latitude - degrees), min(90.0, near.latitude + degrees)
    narrowest = min(math.cos(math.radians(south)), math.cos(math.radians(north)))
    width = degrees / narrowest if narrowest > 1e-6 else 360.0
    west, east = near.longitude - width, near.longitude + width
    columns = "SELECT id, latitude, longitude FROM search_box b"
    where = " WHERE b.south <= ? AND b.north >= ?"
    values: list[float] = [north, south]
    if west >= -180 and east <= 180:  # else the square crosses the date line, and latitude alone narrows it
        where += " AND b.west <= ? AND b.east >= ?"
        values += [east, west]
    for number, latitude, longitude in db.execute(columns + where, values):
        yield number, distance(near.latitude, near.longitude, latitude, longitude)


def distance(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Great-circle distance in metres between two positions in degrees (haversine, R. W. Sinnott 1984)."""
    a, b = math.radians(latitude), math.radians(other_latitude)
    half = math.sin((b - a) / 2) ** 2
    half += math.cos(a) * math.cos(b) * math.sin(math.radians(other_longitude - longitude) / 2) ** 2
    return 2 * _EARTH_RADIUS * math.asin(min(1.0, math.sqrt(half)))


def _counts(
    state: State, kind: str | None, chosen: Mapping[str, int], others: int
) -> dict[str, tuple[FacetCount, ...]]:
    """Counts of every facet under the filters of all *other* facets, so that alternatives can be seen."""
    bases = {
        facet: reduce(and_, (found for name, found in chosen.items() if name != facet), others) for facet in FACETS
    }
    totals: dict[str, dict[str, int]] = {facet: {} for facet in FACETS}
    for (value_kind, facet, value), members in state.values.items():
        if kind in (None, value_kind) and (count := (members & bases[facet]).bit_count()):
            totals[facet][value] = totals[facet].get(value, 0) + count
    return {
        facet: tuple(FacetCount(v, n) for v, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])))
        for facet, counts in totals.items()
        if counts
    }


_Row = tuple[tuple[str | float, ...], int]  # the sort values and the id


def _page(
    db: sqlite3.Connection, query: Query, tiers: Sequence[int], found: int, position: Position | None
) -> tuple[list[Hit], str | None]:
    order = query.order
    rows: list[_Row]
    if order == "relevance":
        rows = _by_relevance(db, query, tiers, found, position)
    elif order == "distance":
        rows = _by_distance(db, query, found, position)
    else:
        after = (str(position.key[0]), position.id) if position else None
        rows = [((key,), number) for key, number in _along(db, query, order, found, after, query.limit + 1)]
    more, rows = len(rows) > query.limit, rows[: query.limit]
    following = Position(order, *rows[-1]).encode() if more and rows else None
    return _read(db, query, [number for _, number in rows]), following


def _along(
    db: sqlite3.Connection, query: Query, order: str, found: int, after: tuple[str, int] | None, limit: int
) -> list[tuple[str, int]]:
    """Sort values and ids of the set in the order of an index, until there are enough."""
    column, direction, beyond = ("modified", "DESC", "<") if order == "modified" else ("sort_name", "ASC", ">")
    conditions: list[str] = []
    values: list[object] = []
    if after:
        conditions.append(f"({column}, id) {beyond} (?, ?)")
        values += after
    if found.bit_count() <= _FEW:
        conditions.append("id IN (SELECT value FROM json_each(?))")
        values.append(orjson.dumps(list(Members(found))).decode())
    elif query.kind:
        conditions.append("kind = ?")
        values.append(query.kind)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = db.execute(
        f"SELECT {column}, id FROM search_entity{where} ORDER BY {column} {direction}, id {direction}", values
    )
    members = Members(found)
    return list(islice(((key, number) for key, number in rows if number in members), limit))


def _by_relevance(
    db: sqlite3.Connection, query: Query, tiers: Sequence[int], found: int, position: Position | None
) -> list[_Row]:
    """Tier after tier, each by name."""
    first = int(position.key[0]) if position else 0
    rows: list[_Row] = []
    for number, tier in enumerate(tiers):
        if number < first or len(rows) > query.limit:
            continue
        after = (str(position.key[1]), position.id) if position and number == first else None
        wanted = query.limit + 1 - len(rows)
        rows += [((number, key), id_) for key, id_ in _along(db, query, "name", tier & found, after, wanted)]
    return rows


def _by_distance(db: sqlite3.Connection, query: Query, found: int, position: Position | None) -> list[_Row]:
    if query.near is None:
        raise ValueError("to sort by distance, the query needs a position (near)")
    members = Members(found)
    start = ((float(position.key[0]),), position.id) if position else ((-1.0,), 0)
    rows: Iterable[_Row] = (((metres,), number) for number, metres in _distances(db, query.near) if number in members)
    return nsmallest(query.limit + 1, (row for row in rows if row > start))


def _read(db: sqlite3.Connection, query: Query, ids: Sequence[int]) -> list[Hit]:
    """The hits with these ids, in this order; one that has just gone is left out."""
    rows = db.execute(
        "SELECT id, iri, name, kind, modified, latitude, longitude FROM search_entity"
        " WHERE id IN (SELECT value FROM json_each(?))",
        (orjson.dumps(ids).decode(),),
    )
    near, found = query.near, {}
    for number, iri, name, kind, modified, latitude, longitude in rows:
        far = None
        if near is not None and latitude is not None:
            far = distance(near.latitude, near.longitude, latitude, longitude)
        found[number] = Hit(iri, name, kind, modified, far)
    return [found[number] for number in ids if number in found]
