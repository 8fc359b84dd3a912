"""A follower in twenty lines, written from the specifications alone: what the tests read feeds with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pyoxigraph as ox

from registry.record import canonical, digest, shift
from registry.terms import AS, LDES, ORTE, TREE

Get = Callable[[str], list[ox.Quad]]


@dataclass
class Read:
    """What a follower holds: members in the order of their sequence, versions by object, its own state digest."""

    members: list[str] = field(default_factory=list)
    live: dict[str, str] = field(default_factory=dict)
    state: bytes = bytes(32)
    told: str | None = None
    pages: dict[str, int] = field(default_factory=dict)


def value(quads: list[ox.Quad], subject: ox.NamedNode, predicate: ox.NamedNode) -> str | None:
    found = [quad.object.value for quad in quads if quad.subject == subject and quad.predicate == predicate]
    return found[0] if found else None


def nodes(get: Get, address: str) -> Iterator[tuple[str, list[ox.Quad]]]:
    """The node and all below it, in the order of their relations."""
    quads = get(address)
    yield address, quads
    for target in dict.fromkeys(quad.object.value for quad in quads if quad.predicate == TREE["node"]):
        yield from nodes(get, target)


def read(get: Get, address: str, graph_is_object: bool) -> Read:
    """Follow a feed from its root; records are digested with their own IRI as graph, entities without one."""
    found = Read()
    (stream,) = {quad.subject for quad in get(address) if quad.predicate == LDES["timestampPath"]}
    for node, quads in nodes(get, address):
        members = [quad.object for quad in quads if quad.predicate == TREE["member"] and quad.subject == stream]
        found.pages[node] = len(members)
        for member in sorted(members, key=lambda m: int(value(quads, m, ORTE["sequence"]) or 0)):
            _apply(found, quads, member, graph_is_object)
        if members:
            found.told = value(quads, ox.NamedNode(node), ORTE["digest"])
    return found


def _apply(found: Read, quads: list[ox.Quad], member: ox.NamedNode, graph_is_object: bool) -> None:
    found.members.append(member.value)
    object_ = value(quads, member, AS["object"])
    assert object_ is not None
    old = found.live.pop(object_, None)
    body = [quad.triple for quad in quads if quad.graph_name == member]
    new = canonical(body, object_ if graph_is_object else None) if body else None
    found.state = shift(found.state, add=digest(new) if new else None, remove=digest(old) if old else None)
    if new:
        found.live[object_] = new
    else:
        assert any(quad.object == AS["Delete"] for quad in quads if quad.subject == member)
