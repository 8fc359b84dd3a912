"""Find entities by words, facets, position and time; a view of the ledger that can be rebuilt at will."""

from typing import TYPE_CHECKING, Any

from registry.search.entries import Entry, Indexable, entry
from registry.search.facets import FACETS, Facet
from registry.search.following import FOLLOWER, follow, rebuild
from registry.search.indexing import DDL, clear, create, index, remove
from registry.search.lookup import addresses, names, offered_by, parts
from registry.search.query import BadCursor, Box, FacetCount, Hit, Near, Page, Query, Sort
from registry.search.stale import unkept

if TYPE_CHECKING:
    from registry.search.bitmaps import Bitmaps
    from registry.search.finding import find

__all__ = [
    "DDL",
    "FACETS",
    "FOLLOWER",
    "BadCursor",
    "Bitmaps",
    "Box",
    "Entry",
    "Facet",
    "FacetCount",
    "Hit",
    "Indexable",
    "Near",
    "Page",
    "Query",
    "Sort",
    "addresses",
    "clear",
    "create",
    "entry",
    "find",
    "follow",
    "index",
    "names",
    "offered_by",
    "parts",
    "rebuild",
    "remove",
    "unkept",
]


def __getattr__(name: str) -> Any:
    """What finds, when it is first asked for: it needs numpy, and a harvest without changes never does."""
    if name == "Bitmaps":
        from registry.search.bitmaps import Bitmaps

        return Bitmaps
    if name == "find":
        from registry.search.finding import find

        return find
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
