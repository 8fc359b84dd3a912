"""Which records together are one thing: decisions about pairs made consistent, whatever the order they came in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edge:
    """Two records (IRIs) said to be the same. ``judgement`` is the number of a person's judgement, 0 for a rule."""

    a: str
    b: str
    score: float
    judgement: int = 0


def clusters(nodes: Iterable[str], edges: Iterable[Edge], barred: Callable[[str, str], bool]) -> list[tuple[str, ...]]:
    """Join the nodes along the edges, the surest first, unless two would come together that may not.

    A person's judgement goes before every rule, the latest first; rules go by score. Ties are broken by the IRIs, so
    the outcome is a function of the arguments as sets: it does not depend on the order of harvests. Returns sorted
    clusters, single nodes included.
    """
    cluster: dict[str, list[str]] = {node: [node] for node in sorted(nodes)}
    for edge in sorted(edges, key=lambda e: (-e.judgement, -e.score, min(e.a, e.b), max(e.a, e.b))):
        one, two = cluster[edge.a], cluster[edge.b]
        if one is two or any(barred(x, y) for x in one for y in two):
            continue
        one.extend(two)
        for node in two:
            cluster[node] = one
    distinct = {id(members): members for members in cluster.values()}
    return sorted(tuple(sorted(members)) for members in distinct.values())
