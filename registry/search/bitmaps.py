"""Sets of entities as bits of Python integers: filters and facet counts in microseconds.

Bit n stands for the entity with id n. Measured at 100,000 entities: an intersection takes 0.5 µs and a count 10 µs,
where SQLite needs 80 ms to count the facets of 15,000 hits. A process keeps one Bitmaps, which follows the ledger.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from threading import Lock
from types import MappingProxyType
from typing import TypeVar

Value = tuple[str, str, str]  # kind, facet, value
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class State:
    """The sets at one version; never changed, only replaced, so that a question sees one state throughout."""

    version: int
    kinds: Mapping[str, int]
    values: Mapping[Value, int]

    def of_kind(self, kind: str | None) -> int:
        """All entities of a kind; None: of every kind."""
        if kind is not None:
            return self.kinds.get(kind, 0)
        union = 0
        for bits in self.kinds.values():
            union |= bits
        return union


class Bitmaps:
    """The present sets, shared by the threads of a process."""

    def __init__(self) -> None:
        self._state = State(0, MappingProxyType({}), MappingProxyType({}))
        self._lock = Lock()

    def state(self, db: sqlite3.Connection) -> State:
        """The sets as of now: what changed since the last call is read, the rest is kept."""
        version = int(db.execute("SELECT coalesce(max(version), 0) FROM search_change").fetchone()[0])
        if version > self._state.version:
            with self._lock:
                if version > self._state.version:
                    self._state = _advance(db, self._state, version)
        return self._state


def bits(ids: Iterable[int]) -> int:
    """The set with these ids."""
    content = bytearray()
    for number in ids:
        byte = number >> 3
        if byte >= len(content):
            content.extend(bytes(byte + 1 - len(content) + (len(content) >> 1)))
        content[byte] |= 1 << (number & 7)
    return int.from_bytes(content, "little")


class Members:
    """Membership tests on a set that cost nanoseconds each."""

    def __init__(self, of: int) -> None:
        self._bytes = of.to_bytes((of.bit_length() + 7) // 8, "little")

    def __contains__(self, number: int) -> bool:
        byte = number >> 3
        return byte < len(self._bytes) and bool(self._bytes[byte] >> (number & 7) & 1)

    def __iter__(self) -> Iterator[int]:
        for index, byte in enumerate(self._bytes):
            while byte:
                low = byte & -byte
                yield (index << 3) + low.bit_length() - 1
                byte ^= low


def _advance(db: sqlite3.Connection, old: State, version: int) -> State:
    changed = "IN (SELECT entity FROM search_change WHERE version > ?)"
    limit = (old.version,)
    gone = bits(row[0] for row in db.execute("SELECT entity FROM search_change WHERE version > ?", limit))
    kinds: dict[str, list[int]] = defaultdict(list)
    for number, kind in db.execute(f"SELECT id, kind FROM search_entity WHERE id {changed}", limit):
        kinds[kind].append(number)
    values: dict[Value, list[int]] = defaultdict(list)
    names = {row[0]: (row[1], row[2], row[3]) for row in db.execute("SELECT id, kind, facet, value FROM search_value")}
    rows = db.execute(f"SELECT value, entity FROM search_facet WHERE entity {changed}", limit)
    for value, number in rows:
        values[names[value]].append(number)
    return State(version, _merge(old.kinds, kinds, gone), _merge(old.values, values, gone))


def _merge(old: Mapping[K, int], new: Mapping[K, list[int]], gone: int) -> Mapping[K, int]:
    merged = {key: bits(new.get(key, ())) | (old.get(key, 0) & ~gone) for key in {*old, *new}}
    return MappingProxyType({key: found for key, found in merged.items() if found})
