"""What can be asked of the search, and what comes back."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import orjson

Sort = Literal["name", "modified", "distance", "relevance"]


@dataclass(frozen=True)
class Box:
    """A rectangle in degrees (WGS 84). One that crosses the date line has ``west > east``."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True)
class Near:
    """A circle: degrees (WGS 84) and metres."""

    latitude: float
    longitude: float
    radius: float


@dataclass(frozen=True)
class Query:
    """One question. Values of one facet are alternatives, different facets must all hold.

    ``kind`` None searches all kinds. ``facets`` maps facet names to full values (see ``Facet.expand``).
    ``modified_since`` is UTC, ISO 8601. ``sort`` None means: by relevance with ``text``, by distance with
    ``near``, else by name; ``modified`` is newest first.
    """

    kind: str | None = None
    text: str = ""
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    box: Box | None = None
    near: Near | None = None
    modified_since: str | None = None
    sort: Sort | None = None
    limit: int = 50
    cursor: str | None = None
    count_facets: bool = True

    @property
    def order(self) -> Sort:
        return self.sort or ("relevance" if self.text.strip() else "distance" if self.near else "name")


@dataclass(frozen=True)
class Hit:
    """One entity found; ``distance`` in metres when the question had a position."""

    iri: str
    name: str
    kind: str
    modified: str
    distance: float | None = None


@dataclass(frozen=True)
class FacetCount:
    """How many of the entities that the other filters leave have this value."""

    value: str
    count: int


@dataclass(frozen=True)
class Page:
    """Hits in order, the number of all of them, counts by facet, and the cursor of the next page if there is one."""

    hits: tuple[Hit, ...]
    total: int
    facets: Mapping[str, tuple[FacetCount, ...]]
    next: str | None


class BadCursor(ValueError):
    """A cursor that this registry did not give out, or that belongs to another order."""


@dataclass(frozen=True)
class Position:
    """Where a page ended: the sort values of its last hit and its id."""

    sort: Sort
    key: tuple[str | float, ...]
    id: int

    def encode(self) -> str:
        content = orjson.dumps([self.sort[0], *self.key, self.id])
        return base64.urlsafe_b64encode(content).decode().rstrip("=")


# What the sort values are, by order; the id, a whole number, follows them.
_SHAPES: dict[Sort, tuple[type, ...]] = {
    "name": (str,),
    "modified": (str,),
    "distance": (float,),
    "relevance": (int, str),
}


def decode(cursor: str, sort: Sort) -> Position:
    """Read a cursor. Raises BadCursor for anything that ``Position.encode`` does not write for this order."""
    try:
        content = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        mark, *key, number = orjson.loads(content)
    except (binascii.Error, ValueError, TypeError):
        raise BadCursor(cursor) from None
    shape = _SHAPES[sort]
    fits = (
        mark == sort[0]
        and type(number) is int
        and 0 <= number < 2**62
        and len(key) == len(shape)
        and all(type(value) is kind for value, kind in zip(key, shape, strict=True))
    )
    if not fits:
        raise BadCursor(cursor)
    return Position(sort, tuple(key), number)
