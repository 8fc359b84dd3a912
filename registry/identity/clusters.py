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


Pair = Callable[[str, str], bool]


def clusters(nodes: Iterable[str], edges: Iterable[Edge], forbidden: Pair, barred: Pair) -> list[tuple[str, ...]]:
    """Join the nodes along the edges, the surest first, unless two would come together that may not.

    A person's judgement goes before every rule, the latest first, and gives way to another person's only (`forbidden`);
    what people joined is then like one node to the rules, which go by score and give way to what the rules bar. Ties
    are broken by the IRIs, so the outcome is a function of the arguments as sets: it does not depend on the order of
    harvests. Returns sorted clusters, single nodes included.
    """
    listed = sorted(edges, key=lambda e: (-e.judgement, -e.score, min(e.a, e.b), max(e.a, e.b)))
    group: dict[str, list[str]] = {node: [node] for node in sorted(nodes)}
    for edge in (edge for edge in listed if edge.judgement):
        _join(group, edge, lambda one, two: any(forbidden(x, y) for x in one for y in two))
    joined: dict[str, list[list[str]]] = {node: [members] for node, members in group.items()}
    for members in group.values():
        for node in members:
            joined[node] = joined[members[0]]

    def apart(one: list[list[str]], two: list[list[str]]) -> bool:
        return any(
            any(forbidden(x, y) for x in left for y in right) or all(barred(x, y) for x in left for y in right)
            for left in one
            for right in two
        )

    for edge in (edge for edge in listed if not edge.judgement):
        one, two = joined[edge.a], joined[edge.b]
        if one is not two and not apart(one, two):
            one.extend(two)
            for node in (node for members in two for node in members):
                joined[node] = one
    distinct = {id(groups): groups for groups in joined.values()}
    return sorted(tuple(sorted(node for members in groups for node in members)) for groups in distinct.values())


def _join(group: dict[str, list[str]], edge: Edge, apart: Callable[[list[str], list[str]], bool]) -> None:
    one, two = group[edge.a], group[edge.b]
    if one is not two and not apart(one, two):
        one.extend(two)
        for node in two:
            group[node] = one
