"""The sets behind lists, kept in the ledger as they were at one version of the view.

Whoever starts reads this one piece and what has changed since, instead of a row for every value of every entity
(of 100,000 sites: 8 MB in one piece instead of 60 MB all over the file).
"""

from __future__ import annotations

import sqlite3
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from registry.search.stale import version

Facet = tuple[str, str]  # kind, facet
Ids = npt.NDArray[np.int64]

_HEAD = struct.Struct("<II")  # checksum of what follows, length of the table of contents
_NUMBERS = np.dtype("<u4")
_DEGREES = np.dtype("<f8")


@dataclass(frozen=True)
class Kept:
    """The sets as arrays of ids, ascending.

    Of each facet: its values, how many entities each has, and the entities of one value after those of another.
    ``degrees`` are latitudes and longitudes by id, NaN where there is none. ``orders`` are all ids in order.
    """

    version: int
    kinds: Mapping[str, Ids]
    facets: Mapping[Facet, tuple[Sequence[str], Ids, Ids]]
    degrees: npt.NDArray[np.float64]
    orders: Mapping[str, Ids]


def read(db: sqlite3.Connection) -> Kept | None:
    """What was kept; None when there is nothing, or nothing whole: then everything can be read from the view."""
    row = db.execute("SELECT version, content FROM search_sets").fetchone() if version(db) else None
    if row is None:
        return None
    number, content = row
    try:
        checksum, length = _HEAD.unpack_from(content)
        if zlib.crc32(memoryview(content)[4:]) == checksum:
            return _read(number, content, orjson.loads(content[_HEAD.size : _HEAD.size + length]), _HEAD.size + length)
    except (struct.error, ValueError, KeyError):  # also what another version of this program may have kept
        pass
    return None


def _read(number: int, content: bytes, contents: dict[str, Any], at: int) -> Kept:
    size = 2 * contents["size"]
    degrees = np.frombuffer(content, _DEGREES, size, at).astype(np.float64).reshape(2, -1)
    numbers = np.frombuffer(content, _NUMBERS, offset=at + _DEGREES.itemsize * size).astype(np.int64)
    begin = 0

    def take(count: int) -> Ids:
        nonlocal begin
        begin += count
        return numbers[begin - count : begin]

    kinds = {kind: take(count) for kind, count in contents["kinds"]}
    facets = {}
    for kind, facet, values in contents["facets"]:
        counts = take(len(values))
        facets[kind, facet] = values, counts, take(int(counts.sum()))
    return Kept(number, kinds, facets, degrees, {order: take(count) for order, count in contents["orders"]})


def write(db: sqlite3.Connection, sets: Kept) -> None:
    """Keep these sets and no older ones; inside a transaction."""
    contents = orjson.dumps(
        {
            "size": sets.degrees.shape[1],
            "kinds": [(kind, len(members)) for kind, members in sets.kinds.items()],
            "facets": [(*facet, values) for facet, (values, _, _) in sets.facets.items()],
            "orders": [(order, len(members)) for order, members in sets.orders.items()],
        }
    )
    numbers = [
        *sets.kinds.values(),
        *(array for _, counts, members in sets.facets.values() for array in (counts, members)),
        *sets.orders.values(),
    ]
    content = b"".join(
        [
            struct.pack("<I", len(contents)),
            contents,
            sets.degrees.astype(_DEGREES).tobytes(),
            *(array.astype(_NUMBERS).tobytes() for array in numbers),
        ]
    )
    content = struct.pack("<I", zlib.crc32(content)) + content
    db.execute("INSERT OR REPLACE INTO search_sets VALUES (1, ?, ?)", (sets.version, content))
