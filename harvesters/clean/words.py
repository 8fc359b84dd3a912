"""Lists of words."""

from __future__ import annotations

from functools import cache


@cache
def words(listing: str) -> frozenset[str]:
    """The words of a listing, separated by "|"; white space around them does not count."""
    return frozenset(word.strip() for word in listing.split("|"))
