"""Find entities by words, facets, position and time; a view of the ledger that can be rebuilt at will."""

from registry.search.bitmaps import Bitmaps, unkept
from registry.search.entries import Entry, Indexable, entry
from registry.search.facets import FACETS, Facet
from registry.search.finding import find
from registry.search.following import FOLLOWER, follow, rebuild
from registry.search.indexing import DDL, clear, create, index, remove
from registry.search.lookup import addresses, names, offered_by, parts
from registry.search.points import Point, points
from registry.search.query import BadCursor, Box, FacetCount, Hit, Near, Page, Query, Sort

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
    "Point",
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
    "points",
    "rebuild",
    "remove",
    "unkept",
]
