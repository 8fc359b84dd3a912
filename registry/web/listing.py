"""One page of a collection, as writers and the list page need it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from registry.formats import Description
from registry.search import Page, Query


@dataclass(frozen=True)
class Listing:
    """A page with its addresses, the question it answers, what was found, and the members' descriptions."""

    address: str  # of the collection
    page: str  # of this page of it
    following: str | None  # of the next page
    first: str
    query: Query
    found: Page
    members: Sequence[Description]
