"""Collections and their pages in the Hydra vocabulary, as triples."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from registry.terms import HYDRA, TYPE


def collection(address: str, total: int | None, members: Iterable[str]) -> list[ox.Triple]:
    """A collection with the number of all its members, if that was counted, and the members that are on this page."""
    node = ox.NamedNode(address)
    return [
        ox.Triple(node, TYPE, HYDRA["Collection"]),
        *([] if total is None else [ox.Triple(node, HYDRA["totalItems"], ox.Literal(total))]),
        *(ox.Triple(node, HYDRA["member"], ox.NamedNode(member)) for member in members),
    ]


def view(address: str, page: str, first: str, following: str | None) -> list[ox.Triple]:
    """One page of a collection, and where the first and the next one are."""
    node = ox.NamedNode(page)
    triples = [
        ox.Triple(ox.NamedNode(address), HYDRA["view"], node),
        ox.Triple(node, TYPE, HYDRA["PartialCollectionView"]),
        ox.Triple(node, HYDRA["first"], ox.NamedNode(first)),
    ]
    if following:
        triples.append(ox.Triple(node, HYDRA["next"], ox.NamedNode(following)))
    return triples
