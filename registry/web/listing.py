"""One page of a collection, as writers and the list page need it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from registry.formats import Description
from registry.search import Hit, Page, Query


@dataclass(frozen=True)
class Listing:
    """A page with its addresses, the question it answers, what was found, and the members with their descriptions."""

    path: str  # of the collection of all of them, such as {base}/sites
    address: str  # of the collection that the filters leave
    page: str  # of this page of it
    first: str
    following: str | None  # of the next page
    query: Query
    found: Page
    entries: Sequence[tuple[Hit, Description]]
