"""Registries that follow one another: nothing doubled, nothing lost, nothing of ours changed by anyone else."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from registry.check import Checker
from registry.harvesting import due
from registry.verify import verify
from tests.registry.federation import Registry, registry


@pytest.fixture
def three(tmp_path: Path, checker: Checker) -> Iterator[tuple[Registry, Registry, Registry]]:
    with ExitStack() as stack:
        a, b, c = (stack.enter_context(registry(tmp_path / name, checker)) for name in "abc")
        yield a, b, c


def test_records_keep_their_iri_licence_and_origin(three: tuple[Registry, Registry, Registry]) -> None:
    a, b, _ = three
    a.harvest({"x": "Haus", "y": "Hof"})
    run = b.follow(a.base)
    assert (run.outcome, run.counts["created"]) == ("complete", 2)
    assert "agrees" in (run.reason or "")
    theirs = a.ledger.record(f"{a.base}/sources/eigene/records/x")
    ours = b.ledger.record(f"{a.base}/sources/eigene/records/x")
    assert theirs
    assert ours
    assert (ours.nquads, ours.licence, ours.page) == (theirs.nquads, theirs.licence, theirs.page)
    assert a.state == b.state
    again = b.follow(a.base)
    assert again.counts["seen"] == 0
    assert again.outcome == "complete"
    assert len([one for one in verify(b.ledger, str(b.folder / "ledger.sqlite")) if one.good]) == 7


def test_changes_and_deletions_follow(three: tuple[Registry, Registry, Registry]) -> None:
    a, b, _ = three
    a.harvest({str(n): f"Ort {n}" for n in range(300)})
    b.follow(a.base)
    a.harvest({str(n): f"Ort {n}" for n in range(3, 300)} | {"5": "Neu"})
    run = b.follow(a.base)
    assert (run.counts["seen"], run.counts["updated"], run.counts["withdrawn"]) == (4, 1, 3)
    assert a.state == b.state
    assert b.ledger.sources()[0].live == 297


def test_a_ring_comes_to_rest_with_three_equal_digests(three: tuple[Registry, Registry, Registry]) -> None:
    chance = random.Random(7)
    entries: list[dict[str, str]] = [{str(n): f"Ort {n}" for n in range(20)} for _ in three]
    for _ in range(6):
        for number in chance.sample(range(3), 3):
            one, own = three[number], entries[number]
            for _ in range(3):
                own[str(chance.randrange(30))] = f"Ort {chance.random()}"
                own.pop(str(chance.randrange(30)), None)
            one.harvest(own)
            one.follow(three[number - 1].base)
    for _ in range(2):
        for number in range(3):
            assert three[number].follow(three[number - 1].base).outcome == "complete"
    a, b, c = three
    assert a.state == b.state == c.state
    assert a.names() == b.names() == c.names()
    assert len(a.names()) == sum(len(own) for own in entries)
    for one in three:
        doubled = one.ledger.db.execute("SELECT count(*) - count(DISTINCT iri) FROM record").fetchone()[0]
        assert doubled == 0


def test_the_same_record_through_two_peers_is_one_and_the_newest_version_wins(
    three: tuple[Registry, Registry, Registry],
) -> None:
    a, b, c = three
    a.harvest({"x": "Alt"})
    b.follow(a.base)
    a.harvest({"x": "Neu"})
    iri = f"{a.base}/sources/eigene/records/x"
    c.follow(a.base, "direkt")
    old = c.follow(b.base, "umweg")
    assert old.counts["relayed"] == 1, "who follows the origin listens to nobody else about it"
    found = c.ledger.record(iri)
    assert found
    assert "Neu" in found.nquads
    assert c.state == a.state
    assert c.ledger.db.execute("SELECT count(*) FROM record").fetchone() == (1,)


def test_an_older_version_by_a_detour_changes_nothing(
    three: tuple[Registry, Registry, Registry], tmp_path: Path
) -> None:
    a, b, c = three
    a.harvest({"x": "Alt"})
    b.follow(a.base)
    a.harvest({"x": "Neu"})
    with registry(tmp_path / "d", c.checker) as d:
        d.follow(a.base)
        c.follow(d.base, "neu")
        run = c.follow(b.base, "alt")
        assert (run.counts["unchanged"], run.counts["updated"]) == (1, 0)
        assert c.state == a.state


def test_our_own_records_never_come_back(three: tuple[Registry, Registry, Registry]) -> None:
    a, b, _ = three
    a.harvest({"x": "Haus"})
    b.follow(a.base)
    before = a.state
    run = a.follow(b.base)
    assert run.counts["own"] == 1
    assert a.state == before


def test_a_peer_that_is_down_or_lies_changes_nothing(three: tuple[Registry, Registry, Registry]) -> None:
    a, b, c = three
    a.harvest({"x": "Haus", "y": "Hof"})
    b.follow(a.base)
    before = b.state
    down = b.follow("http://127.0.0.1:9/feed/records", "weg")
    assert (down.outcome, b.state) == ("failed", before)
    a.ledger.db.execute("UPDATE activity SET state = x'00' || substr(state, 2) WHERE sequence = 1")
    a.harvest({"x": "Haus", "y": "Hof", "z": "Hut"})
    a.ledger.db.execute("UPDATE activity SET state = zeroblob(32) WHERE stream = 'record'")
    lying = b.follow(a.base)
    assert lying.outcome == "held"
    assert "digest" in (lying.reason or "")
    assert before[1] <= b.state[1], "nothing was withdrawn"
    a.ledger.db.execute("DELETE FROM activity WHERE sequence > 1")
    c.harvest({})
    past = b.follow(a.base)
    assert past.outcome == "failed"
    assert "back in time" in (past.reason or "")


def test_a_deletion_that_the_feed_lost_is_found_by_the_digest(three: tuple[Registry, Registry, Registry]) -> None:
    a, b, _ = three
    a.harvest({"x": "Haus", "y": "Hof"})
    b.follow(a.base)
    a.harvest({"x": "Haus", "z": "Hut"})
    a.ledger.db.execute("DELETE FROM activity WHERE type = 'Delete' AND stream = 'record'")
    a.ledger.db.execute("DELETE FROM activity WHERE object LIKE '%/y' AND stream = 'record'")
    row = a.ledger.db.execute("SELECT digest, live FROM state WHERE stream = 'record' AND source = ''").fetchone()
    last = "(SELECT max(sequence) FROM activity WHERE stream = 'record')"
    a.ledger.db.execute(f"UPDATE activity SET state = ?, live = ? WHERE sequence = {last}", row)
    run = b.follow(a.base)
    assert run.outcome == "complete"
    assert run.counts["withdrawn"] == 1
    assert b.state == a.state


def test_a_peer_that_announces_news_is_read_sooner_and_nobody_else(
    three: tuple[Registry, Registry, Registry], tmp_path: Path
) -> None:
    a, b, _ = three
    a.harvest({"x": "Haus"})
    b.follow(a.base)
    source = b.source("nachbar", "feed", {"peer": True, "url": f"{a.base}/feed/records"})
    assert due(b.ledger, [source]) == []
    strange = httpx.post(f"{b.base}/inbox", json={"type": "Announce", "object": "https://fremd.example/feed/records"})
    assert strange.status_code == 404
    assert due(b.ledger, [source]) == []
    told = httpx.post(
        f"{b.base}/inbox", json={"type": "Announce", "object": {"id": f"{a.base}/feed/records"}}, timeout=60
    )
    assert told.status_code == 202, told.text
    assert due(b.ledger, [source]) == [source]
    b.follow(a.base)
    assert due(b.ledger, [source]) == []
    assert httpx.post(f"{b.base}/inbox", content=b"[", headers={"content-type": "application/json"}).status_code == 400
