"""Feeds: the ledger's log of activities as Linked Data Event Streams that anyone can follow, and prove complete."""

from registry.feed.book import Horizon
from registry.feed.feeds import Feed, FeedError, announce_runs, names
from registry.feed.nodes import Node
from registry.feed.shelf import Shelf, Sight, Where
from registry.feed.static import export
from registry.feed.writing import FORMATS, write

__all__ = [
    "FORMATS",
    "Feed",
    "FeedError",
    "Horizon",
    "Node",
    "Shelf",
    "Sight",
    "Where",
    "announce_runs",
    "export",
    "names",
    "write",
]
