"""Three registries in a ring, each a real server with sources of its own; harvests and servers are killed at random.

After quiet all three hold the same, nothing is doubled, nothing is lost, and every record says where it comes from.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from registry import harvesting
from registry.config import load
from registry.ledger import Ledger
from registry.ledger.integrity import faults
from registry.verify import verify
from tests import registries
from tests.faults.killing import TIMES, Life, Unchecked, live
from tests.registries import CC_BY, until
from tests.registry import federation

STEPS = 4 * TIMES
"""Things that happen before it gets quiet."""


@dataclass
class Member:
    """One registry of the ring: its server, what its own source lists, and whom it follows."""

    server: registries.Registry
    own: dict[str, str]
    follows: registries.Registry | None = None
    longest: dict[str, float] = field(default_factory=dict)
    killed: int = 0

    def harvest(self, seconds: float | None = None) -> Life:
        """Read its own source, for so many seconds at most."""
        return self.live(lambda one: one.harvest(self.own), seconds)

    def follow(self, seconds: float | None = None) -> Life:
        """Read its peer, for so many seconds at most."""
        assert self.follows is not None
        peer = self.follows.base
        return self.live(lambda one: one.follow(peer), seconds)

    def live(self, action: Callable[[federation.Registry], object], seconds: float | None) -> Life:
        def act(_: object) -> None:
            with closing(self.opened()) as ledger:
                harvesting.close_interrupted(load(self.server.data), ledger)
            action(federation.Registry(self.server.data, Unchecked(), self.server.base))  # type: ignore[arg-type]

        ended = live(act, seconds)
        self.killed += ended.killed
        return ended

    def opened(self) -> Ledger:
        return Ledger.open(self.server.data / "ledger.sqlite", self.server.base)

    def records(self) -> dict[str, str]:
        """What it holds: statements by IRI of every live record."""
        with closing(self.opened()) as ledger:
            rows = ledger.db.execute("SELECT iri FROM record WHERE status = 'live'").fetchall()
            found = {iri: ledger.record(iri) for (iri,) in rows}
            assert len(found) == len(rows), "a record is there twice"
            return {iri: one.nquads for iri, one in found.items() if one}

    def expected(self) -> dict[str, str]:
        """Name by IRI of what its own source lists."""
        return {f"{self.server.base}/sources/eigene/records/{key}": name for key, name in self.own.items()}


@pytest.fixture
def ring(tmp_path: Path) -> Iterator[list[Member]]:
    servers = [registries.Registry(tmp_path / name) for name in "abc"]
    members = [
        Member(one, {f"{n}": f"Haus {n} an der {name}" for n in range(40)})
        for one, name in zip(servers, ("Mulde", "Saale", "Elster"), strict=True)
    ]
    for number, member in enumerate(members):
        member.follows = servers[number - 1]
        member.harvest()
        member.server.start(wait=False)
    try:
        for member in members:
            until(member.server.answers)
        yield members
    finally:
        for member in members:
            member.server.stop()


def test_a_ring_comes_to_rest_though_processes_are_killed(
    ring: list[Member], tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    chance = Random("ring")
    began = time.perf_counter()
    ring[1].follow()
    longest = time.perf_counter() - began
    servers_killed = 0
    for step in range(STEPS):
        member = chance.choice(ring)
        for _ in range(chance.randrange(5)):
            key = str(chance.randrange(60))
            member.own[key] = f"Haus {key}, {chance.randrange(10**9)}"
            member.own.pop(str(chance.randrange(60)), None)
        seconds = chance.uniform(0, longest) if chance.random() < 0.7 else None
        if step % 8 == 7:
            other = chance.choice([one for one in ring if one is not member])
            other.server.kill()
            servers_killed += 1
            member.follow(seconds)
            other.server.start(wait=False)
        elif chance.random() < 0.5:
            member.harvest(seconds)
        else:
            member.follow(seconds)
    record_property("tries", STEPS)
    record_property("killed", sum(member.killed for member in ring) + servers_killed)
    assert sum(member.killed for member in ring) >= STEPS // 6, "too little was killed to prove anything"
    assert servers_killed >= 1

    for member in ring:
        until(member.server.answers)
        assert not member.harvest().killed
    for _ in range(2):
        for member in ring:
            assert not member.follow().killed
    expected = {iri: name for member in ring for iri, name in member.expected().items()}
    held = [member.records() for member in ring]
    assert held[0] == held[1] == held[2]
    assert held[0].keys() == expected.keys(), "something was lost, or is left over"
    for iri, nquads in held[0].items():
        source = iri.partition("/records/")[0]
        assert f'"{expected[iri]}"@de' in nquads, "it is not the newest version"
        assert f"<http://purl.org/dc/terms/source> <{source}> " in nquads
        assert f"<http://purl.org/dc/terms/license> <{CC_BY}> " in nquads
    digests = {member.server.digest() for member in ring}
    assert digests == {(next(iter(digests))[0], len(expected))}
    for member in ring:
        with closing(member.opened()) as ledger:
            assert faults(ledger.db) == []
            assert [one for one in verify(ledger, str(member.server.data / "ledger.sqlite")) if not one.good] == []
            last = {one.id: one for one in ledger.sources()}["nachbar"]
            assert "agrees" in (last.reason or ""), last.reason

    for number, member in enumerate(ring):  # and whoever joins now learns all of it from any of them
        late = Member(registries.Registry(tmp_path / f"late{number}"), {}, member.server)
        assert not late.follow().killed
        assert late.records() == held[0]
