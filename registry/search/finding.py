"""Answer a question: intersect sets, count facets, and read one page in order."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import and_, or_

import numpy as np
import numpy.typing as npt
import orjson

from registry.search.bitmaps import Bitmaps, State, bits, ids, of_mask, points, read
from registry.search.facets import FACETS
from registry.search.kept import Ids
from registry.search.lookup import exists
from registry.search.query import Box, FacetCount, Hit, Near, Page, Position, Query, decode
from registry.search.text import matches
from registry.sphere import RADIUS, distance

VALUES = 100
"""Values of a facet that are counted at most, the most frequent ones; every value can be filtered by."""
_KEPT = 200  # texts whose matches are kept, 16 kB each at 100,000 entities


def find(db: sqlite3.Connection, query: Query, bitmaps: Bitmaps | None = None) -> Page:
    """One page of what the query asks for. Pass the process's Bitmaps; without, they are read anew (tests, CLI).

    Before anything was indexed, nothing is found. Raises BadCursor.
    """
    if not exists(db):
        return Page((), 0, {}, None)
    position = decode(query.cursor, query.order) if query.cursor else None
    state = (bitmaps or Bitmaps()).state(db)
    chosen, others, tiers, squares = _matched(db, query, state)
    found = reduce(and_, chosen.values(), others)
    counts = _counts(state, query.kind, chosen, others) if query.count_facets else {}
    hits, following = _page(db, query, state, tiers, squares, found, position)
    return Page(tuple(hits), found.bit_count(), counts, following)


def matching(db: sqlite3.Connection, query: Query, bitmaps: Bitmaps) -> int:
    """The set of all entities that a query finds, whatever page of them it asks for."""
    chosen, others, _, _ = _matched(db, query, bitmaps.state(db))
    return reduce(and_, chosen.values(), others)


def _matched(
    db: sqlite3.Connection, query: Query, state: State
) -> tuple[dict[str, int], int, Sequence[int], Squares | None]:
    """What each facet leaves, what all else leaves, and on the way there: tiers of relevance, and distances."""
    chosen = {facet: _any(state, query.kind, facet, values) for facet, values in query.facets.items()}
    tiers = _tiers(db, state, query.text) if query.text.strip() else []
    squares = _squares(state, query.near) if query.near else None
    others = _restrictions(db, query, state, squares)
    if query.text.strip():
        others &= reduce(or_, tiers, 0)
    return chosen, others, tiers, squares


def _any(state: State, kind: str | None, facet: str, values: Iterable[str]) -> int:
    kinds = [kind] if kind else list(state.kinds)
    return reduce(or_, (state.having(k, facet, value) for k in kinds for value in values), 0)


def _tiers(db: sqlite3.Connection, state: State, text: str) -> Sequence[int]:
    """What the words match; kept for the pages that follow, because they ask the same again."""
    if text not in state.matches:
        if len(state.matches) >= _KEPT:
            state.matches.clear()
        state.matches[text] = matches(db, text)
    return state.matches[text]


Squares = npt.NDArray[np.float64]
"""By id: the square of the straight line, through the Earth of radius 1, to the position asked for; NaN without one.

It grows as the distance along the surface does, and consists of sums and products only: the same position gives the
same bits every time, on which cursors rely.
"""


def _squares(state: State, near: Near) -> Squares:
    here = points(np.array([near.latitude]), np.array([near.longitude]))
    found: Squares = ((state.places - here) ** 2).sum(axis=0)
    return found


def _restrictions(db: sqlite3.Connection, query: Query, state: State, squares: Squares | None) -> int:
    """Kind, position and time."""
    found = state.of_kind(query.kind)
    if query.box is not None:
        found &= _in_box(state, query.box)
    if query.near is not None and squares is not None:
        half = min(query.near.radius / (2 * RADIUS), math.pi / 2)
        found &= of_mask(squares <= 4 * math.sin(half) ** 2)
    if query.modified_since is not None:
        found &= bits(read(db, "search_entity", "id", "WHERE modified >= ?", (query.modified_since,)))
    return found


def _in_box(state: State, box: Box) -> int:
    latitude, longitude = state.degrees
    if box.west <= box.east:
        across = (longitude >= box.west) & (longitude <= box.east)
    else:
        across = (longitude >= box.west) | (longitude <= box.east)
    return of_mask((latitude >= box.south) & (latitude <= box.north) & across)


def _counts(
    state: State, kind: str | None, chosen: Mapping[str, int], others: int
) -> dict[str, tuple[FacetCount, ...]]:
    """Counts of every facet under the filters of all *other* facets, so that alternatives can be seen.

    The most frequent values of each.
    """
    bases = {
        facet: reduce(and_, (found for name, found in chosen.items() if name != facet), others) for facet in FACETS
    }
    totals: dict[str, dict[str, int]] = {facet: {} for facet in FACETS}
    for (value_kind, facet), column in state.columns.items():
        if kind in (None, value_kind) and facet in totals:
            for value, count in column.counts(bases[facet], state.size, VALUES):
                totals[facet][value] = totals[facet].get(value, 0) + count
    return {
        facet: tuple(FacetCount(v, n) for v, n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:VALUES])
        for facet, counts in totals.items()
        if counts
    }


def _page(
    db: sqlite3.Connection,
    query: Query,
    state: State,
    tiers: Sequence[int],
    squares: Squares | None,
    found: int,
    position: Position | None,
) -> tuple[list[Hit], str | None]:
    wanted = query.limit + 1
    keys: dict[int, tuple[str | float, ...]]
    if query.order == "distance":
        if squares is None:
            raise ValueError("to sort by distance, the query needs a position (near)")
        numbers = _by_distance(squares, found, position, wanted)
        keys = {number: (float(squares[number]),) for number in numbers}
    elif query.order == "relevance":
        tiered = _by_relevance(db, state, tiers, found, position, wanted)
        numbers = [number for _, number in tiered]
        keys = {
            number: (tier, name) for (tier, number), name in zip(tiered, _keys(db, "sort_name", numbers), strict=True)
        }
    else:
        after = (str(position.key[0]), position.id) if position else None
        numbers = _along(db, state, query.order, found, after, wanted)
        column = "sort_name" if query.order == "name" else "modified"
        keys = {number: (key,) for number, key in zip(numbers, _keys(db, column, numbers), strict=True)}
    more, numbers = len(numbers) > query.limit, numbers[: query.limit]
    following = Position(query.order, keys[numbers[-1]], numbers[-1]).encode() if more and numbers else None
    return _read(db, query, numbers), following


def _along(
    db: sqlite3.Connection, state: State, order: str, found: int, after: tuple[str, int] | None, wanted: int
) -> list[int]:
    """The first ids of the set, or the first after a place, in an order; as fast at the end as at the beginning."""
    ranks = state.ranks(db, order)
    members = ids(found & ((1 << state.size) - 1))
    places = ranks[members]
    start = 0
    if after:
        column, direction, beyond = ("modified", " DESC", "<") if order == "modified" else ("sort_name", "", ">")
        following = db.execute(
            f"SELECT id FROM search_entity WHERE ({column}, id) {beyond} (?, ?)"
            f" ORDER BY {column}{direction}, id{direction} LIMIT 50",
            after,
        ).fetchall()
        start = next((int(ranks[id_]) for (id_,) in following if id_ < state.size and ranks[id_] >= 0), state.size)
    good = places >= start
    return _first(places[good], members[good], wanted)


def _first(keys: npt.NDArray[np.generic], members: Ids, wanted: int) -> list[int]:
    """The members with the smallest keys, in order; equal keys by id."""
    if len(members) > 4 * wanted:
        edge = np.partition(keys, wanted)[wanted]  # everything up to it, so that equal keys stay together
        near = keys <= edge
        keys, members = keys[near], members[near]
    return [int(number) for number in members[np.lexsort((members, keys))][:wanted]]


def _by_relevance(
    db: sqlite3.Connection, state: State, tiers: Sequence[int], found: int, position: Position | None, wanted: int
) -> list[tuple[int, int]]:
    """Tier after tier, each by name."""
    first = int(position.key[0]) if position else 0
    rows: list[tuple[int, int]] = []
    for number, tier in enumerate(tiers):
        if number < first or len(rows) >= wanted:
            continue
        after = (str(position.key[1]), position.id) if position and number == first else None
        if members := tier & found:
            rows += [(number, one) for one in _along(db, state, "name", members, after, wanted - len(rows))]
    return rows


def _by_distance(squares: Squares, found: int, position: Position | None, wanted: int) -> list[int]:
    members = ids(found & ((1 << len(squares)) - 1))
    members = members[~np.isnan(squares[members])]
    keys = squares[members]
    if position:
        last = float(position.key[0])
        good = (keys > last) | ((keys == last) & (members > position.id))
        keys, members = keys[good], members[good]
    return _first(keys, members, wanted)


def _keys(db: sqlite3.Connection, column: str, numbers: Sequence[int]) -> list[str]:
    rows = dict(
        db.execute(
            f"SELECT id, {column} FROM search_entity WHERE id IN (SELECT value FROM json_each(?))",
            (orjson.dumps(numbers).decode(),),
        )
    )
    return [rows.get(number, "") for number in numbers]


def _read(db: sqlite3.Connection, query: Query, numbers: Sequence[int]) -> list[Hit]:
    """The hits with these ids, in this order; one that has just gone is left out."""
    rows = db.execute(
        "SELECT id, iri, name, kind, modified, latitude, longitude FROM search_entity"
        " WHERE id IN (SELECT value FROM json_each(?))",
        (orjson.dumps(numbers).decode(),),
    )
    near, found = query.near, {}
    for number, iri, name, kind, modified, latitude, longitude in rows:
        far = None
        if near is not None and latitude is not None:
            far = distance((near.latitude, near.longitude), (latitude, longitude))
        found[number] = Hit(iri, name, kind, modified, far)
    return [found[number] for number in numbers if number in found]
