"""Sets of entities as bits of Python integers: filters and facet counts without a database.

Bit n stands for the entity with id n. SQLite would have to look at every hit to count facets. A process keeps one
Bitmaps, which follows the ledger. It begins with what was kept there.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from threading import Lock
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from registry.search import kept
from registry.search.kept import Facet, Ids, Kept

_FEW = 200
"""Values up to which a facet is kept as one bitmap each; beyond (operators), as a list of members."""


class Bitmaps:
    """The present sets, shared by the threads of a process."""

    def __init__(self) -> None:
        self._state = State()
        self._lock = Lock()

    def state(self, db: sqlite3.Connection) -> State:
        """The sets as of now: what changed since the last call is read, the rest is kept."""
        version = int(db.execute("SELECT coalesce(max(version), 0) FROM search_change").fetchone()[0])
        if version > self._state.version:
            with self._lock:
                if version > self._state.version:
                    old = self._state if self._state.version else _resumed(kept.read(db))
                    self._state = _advance(db, old, version) if version > old.version else old
        return self._state


def keep(db: sqlite3.Connection) -> None:
    """Keep the present sets in the ledger; inside a transaction."""
    state = Bitmaps().state(db)
    facets = {
        facet: (column.values, np.bincount(column.numbers, minlength=len(column.values)), column.entities)
        for facet, column in state.columns.items()
    }
    kinds = {kind: ids(members) for kind, members in state.kinds.items()}
    orders = {order: state.order(db, order) for order in ("name", "modified")}
    kept.write(db, Kept(state.version, kinds, facets, state.degrees, orders))


@dataclass(frozen=True)
class Column:
    """One facet of one kind: ``entities[i]`` has ``values[numbers[i]]``, ordered by number."""

    values: tuple[str, ...] = ()
    numbers: Ids = field(default_factory=lambda: np.empty(0, np.int64))
    entities: Ids = field(default_factory=lambda: np.empty(0, np.int64))
    bitmaps: tuple[int, ...] | None = None

    def having(self, value: str) -> int:
        """The set of those that have the value."""
        try:
            number = self.values.index(value)
        except ValueError:
            return 0
        return self.bitmaps[number] if self.bitmaps is not None else bits(self._of(number))

    def counts(self, within: int, size: int, most: int) -> Iterable[tuple[str, int]]:
        """Values with the number of entities of the set that have them, where there are any; the ``most`` frequent."""
        if self.bitmaps is not None:
            for value, members in zip(self.values, self.bitmaps, strict=True):
                if count := (members & within).bit_count():
                    yield value, count
            return
        found = np.bincount(self.numbers[mask(within, size)[self.entities]], minlength=len(self.values))
        common = np.argsort(-found, kind="stable")[:most]
        for number in common[found[common] > 0]:
            yield self.values[number], int(found[number])

    def _of(self, number: int) -> Ids:
        first, last = np.searchsorted(self.numbers, [number, number + 1])
        return self.entities[first:last]


@dataclass(frozen=True)
class State:
    """The sets at one version; never changed, only replaced, so that a question sees one state throughout.

    ``places`` are positions by id as points on the unit sphere (x, y, z), ``degrees`` as latitude and longitude;
    NaN where there is none. ``matches`` are sets that words have matched, while the state holds.
    """

    version: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)
    columns: Mapping[Facet, Column] = field(default_factory=dict)
    degrees: npt.NDArray[np.float64] = field(default_factory=lambda: np.empty((2, 0)))
    places: npt.NDArray[np.float64] = field(default_factory=lambda: np.empty((3, 0)))
    matches: dict[str, Sequence[int]] = field(default_factory=dict)
    _ranks: dict[str, Ids] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """One more than the largest id."""
        return int(self.degrees.shape[1])

    def of_kind(self, kind: str | None) -> int:
        """All entities of a kind; None: of every kind."""
        if kind is not None:
            return self.kinds.get(kind, 0)
        union = 0
        for members in self.kinds.values():
            union |= members
        return union

    def having(self, kind: str, facet: str, value: str) -> int:
        """Entities of a kind with a value of a facet."""
        column = self.columns.get((kind, facet))
        return column.having(value) if column else 0

    def ranks(self, db: sqlite3.Connection, order: str) -> Ids:
        """The place of every id by name or newest first, -1 for ids that are gone; sorted when first asked."""
        if order not in self._ranks:
            ordering = "sort_name, id" if order == "name" else "modified DESC, id DESC"
            ids = read(db, "search_entity", "id", f"ORDER BY {ordering}")
            self._ranks[order] = _ranks(ids[ids < self.size], self.size)
        return self._ranks[order]

    def order(self, db: sqlite3.Connection, order: str) -> Ids:
        """All ids by name or newest first."""
        ranks = self.ranks(db, order)
        sorting = np.argsort(ranks, kind="stable")
        return sorting[ranks[sorting] >= 0]


def read(db: sqlite3.Connection, table: str, column: str, rest: str, values: Iterable[object] = ()) -> Ids:
    """Whole numbers of a column in one piece: much faster than row by row. ``rest`` is what follows FROM."""
    query = f"SELECT group_concat({column}) FROM (SELECT {column} AS {column} FROM {table} {rest})"
    (text,) = db.execute(query, tuple(values)).fetchone()
    return np.fromstring(text, np.int64, sep=",") if text else np.empty(0, np.int64)


def bits(ids: Iterable[int] | Ids) -> int:
    """The set with these ids."""
    numbers = ids if isinstance(ids, np.ndarray) else np.fromiter(ids, np.int64)
    if not len(numbers):
        return 0
    flags = np.zeros(int(numbers.max()) + 1, bool)
    flags[numbers] = True
    return of_mask(flags)


def of_mask(flags: npt.NDArray[np.bool_]) -> int:
    """The set of the places where the flag is up."""
    return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")


def mask(members: int, size: int) -> npt.NDArray[np.bool_]:
    """A flag for every id below ``size``: whether it is in the set."""
    length = (size + 7) // 8
    content = (members & ((1 << size) - 1)).to_bytes(length, "little")
    return np.unpackbits(np.frombuffer(content, np.uint8), count=size, bitorder="little").view(bool)


def ids(members: int) -> Ids:
    """The ids in a set, ascending."""
    return np.flatnonzero(mask(members, members.bit_length()))


def _resumed(sets: Kept | None) -> State:
    """The state that was kept; an empty one when there is none."""
    if sets is None:
        return State()
    return State(
        sets.version,
        MappingProxyType({kind: bits(members) for kind, members in sets.kinds.items()}),
        MappingProxyType({
            facet: _column(values, np.repeat(np.arange(len(values)), counts), entities)
            for facet, (values, counts, entities) in sets.facets.items()
        }),
        sets.degrees,
        points(*sets.degrees),
        _ranks={order: _ranks(members, sets.degrees.shape[1]) for order, members in sets.orders.items()},
    )  # fmt: skip


def _ranks(ordered: Ids, size: int) -> Ids:
    """The place of every id, -1 for those that are not there."""
    ranks = np.full(size, -1, np.int64)
    ranks[ordered] = np.arange(len(ordered))
    return ranks


def _advance(db: sqlite3.Connection, old: State, version: int) -> State:
    limit = (old.version,)
    gone = read(db, "search_change", "entity", "WHERE version > ?", limit)
    size = max(old.size, int(gone.max(initial=-1)) + 1)
    stale = np.zeros(size, bool)
    stale[gone] = True
    degrees = np.full((2, size), np.nan)
    degrees[:, : old.size] = old.degrees
    degrees[:, gone] = np.nan
    changed = "IN (SELECT entity FROM search_change WHERE version > ?)"
    where, values = (f"WHERE id {changed}", limit) if old.version else ("WHERE true", ())
    rows = db.execute(f"SELECT id, latitude, longitude FROM search_entity {where} AND latitude IS NOT NULL", values)
    numbers = np.fromiter(chain.from_iterable(rows), np.float64).reshape(-1, 3).T
    degrees[:, numbers[0].astype(np.int64)] = numbers[1:]
    kept = ~of_mask(stale)
    sets = {kind: members & kept for kind, members in old.kinds.items()}
    for (kind,) in db.execute(f"SELECT DISTINCT kind FROM search_entity {where}", values).fetchall():
        new = read(db, "search_entity", "id", f"{where} AND {'+' if old.version else ''}kind = ?", (*values, kind))
        sets[kind] = sets.get(kind, 0) | bits(new)
    return State(
        version,
        MappingProxyType({kind: members for kind, members in sets.items() if members}),
        _columns(db, old, stale, f"WHERE entity {changed}" if old.version else "", limit if old.version else ()),
        degrees,
        points(degrees[0], degrees[1]),
    )


def _columns(
    db: sqlite3.Connection, old: State, stale: npt.NDArray[np.bool_], where: str, limit: tuple[int, ...]
) -> Mapping[Facet, Column]:
    found: dict[Facet, list[tuple[int, str]]] = defaultdict(list)
    for number, kind, facet, value in db.execute("SELECT id, kind, facet, value FROM search_value ORDER BY id"):
        found[kind, facet].append((number, value))
    # All entities of one value after those of another: where each value's begin follows from how many each has.
    entities = read(db, "search_facet", "entity", f"{where} ORDER BY value, entity", limit)
    begins, at = {}, 0
    for value, count in db.execute(
        f"SELECT value, count(*) FROM search_facet {where} GROUP BY value ORDER BY value", limit
    ):
        begins[value] = at, at + count
        at += count
    columns = {}
    for facet, named in found.items():
        new = [entities[slice(*begins.get(number, (0, 0)))] for number, _ in named]
        before = old.columns.get(facet)
        if before is not None and not any(map(len, new)) and not stale[before.entities].any():
            columns[facet] = before
            continue
        numbers = np.repeat(np.arange(len(named)), list(map(len, new)))
        members = np.concatenate(new)
        if before is not None:
            fresh = ~stale[before.entities]  # ids of values only ever rise, so numbers keep their meaning
            earlier, old_members = before.numbers[fresh], before.entities[fresh]
            size = len(stale)
            places = np.searchsorted(earlier * size + old_members, numbers * size + members)
            numbers, members = np.insert(earlier, places, numbers), np.insert(old_members, places, members)
        columns[facet] = _column([value for _, value in named], numbers, members)
    return MappingProxyType(columns)


def _column(values: Sequence[str], numbers: Ids, members: Ids) -> Column:
    """The entities of one value after those of another; as bitmaps, too, where values are few."""
    bitmaps = None
    if len(values) <= _FEW:
        edges = np.searchsorted(numbers, np.arange(len(values) + 1))
        bitmaps = tuple(bits(members[edges[i] : edges[i + 1]]) for i in range(len(values)))
    return Column(tuple(values), numbers, members, bitmaps)


def points(latitude: npt.NDArray[np.float64], longitude: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Positions in degrees as points on the unit sphere."""
    phi, theta = np.radians(latitude), np.radians(longitude)
    return np.stack([np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)])
