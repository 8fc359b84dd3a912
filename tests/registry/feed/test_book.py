"""Pages: full ones never change, killed runs block nobody, retention keeps what followers need."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from dataclasses import replace

import pyoxigraph as ox

from registry.config import Config, Feed
from registry.feed import Shelf, Where, write
from registry.feed.book import FAN, PAGE
from registry.formats.media import NQUADS
from registry.ledger import runs
from registry.terms import LDES, TREE
from tests.registry.conftest import BASE, Ground
from tests.registry.feed.reading import nodes, read, value


def places(count: int, text: str = "") -> list[dict[str, str]]:
    return [{"key": f"ort-{n}", "name": f"Ort {n}", "text": text} for n in range(count)]


def settings(ground: Ground, **feed: int) -> Config:
    return Config(data=ground.folder, base_url=BASE, feed=Feed(**feed))


def getter(ground: Ground, config: Config) -> Callable[[str], list[ox.Quad]]:
    shelf = Shelf(config)

    def get(address: str) -> list[ox.Quad]:
        return list(ox.parse(content(ground, shelf, address), ox.RdfFormat.N_QUADS))

    return get


def content(ground: Ground, shelf: Shelf, address: str) -> bytes:
    name, _, below = address.removeprefix(f"{BASE}/feed/").partition("/")
    kind, _, number = below.partition("/")
    where = Where(name, kind or "root", int(number or 0))  # type: ignore[arg-type]
    sight = shelf.look(ground.ledger, where, shelf.horizon.dead(ground.ledger))
    node = shelf.make(ground.ledger, sight)
    assert node is not None
    return write(node, NQUADS)


def test_full_pages_never_change_and_the_root_stays_small(ground: Ground) -> None:
    shelf = Shelf(settings(ground, full_log_days=0))
    ground.harvest(places(PAGE + 10))
    first = content(ground, shelf, f"{BASE}/feed/records/page/0")
    second = content(ground, shelf, f"{BASE}/feed/records/page/1")
    root = content(ground, shelf, f"{BASE}/feed/records")
    assert b"immutable" in first
    assert b"immutable" not in second
    ground.harvest(places(PAGE + 10, "neu"))
    assert content(ground, shelf, f"{BASE}/feed/records/page/0") == first
    assert content(ground, Shelf(settings(ground, full_log_days=0)), f"{BASE}/feed/records/page/0") == first
    assert content(ground, shelf, f"{BASE}/feed/records/page/1") != second
    assert content(ground, shelf, f"{BASE}/feed/records").count(b"\n") == root.count(b"\n"), "one index, as before"
    assert FAN * PAGE > 2 * (PAGE + 10)


def test_every_member_lies_within_the_bounds_of_all_relations_that_lead_to_it(ground: Ground) -> None:
    for n in range(3):
        ground.harvest(places(200, str(n)))
    get = getter(ground, settings(ground))
    bounds: dict[str, tuple[str, str]] = {}
    for _, quads in nodes(get, f"{BASE}/feed/records"):
        for quad in quads:
            if quad.predicate == TREE["node"]:
                relation = quad.subject
                bound = value(quads, relation, TREE["value"])  # type: ignore[arg-type]
                kind = [q.object.value for q in quads if q.subject == relation and q.predicate.value.endswith("#type")]
                low, high = bounds.get(quad.object.value, ("", "9"))
                assert bound is not None
                bounds[quad.object.value] = (bound, high) if "Greater" in kind[0] else (low, bound)
    for node, quads in nodes(get, f"{BASE}/feed/records"):
        times = [quad.object.value for quad in quads if quad.predicate.value.endswith("#published")]
        low, high = bounds.get(node, ("", "9"))
        assert all(low <= time <= high for time in times)
        assert node.count("/") == 4 or low


def test_what_may_be_the_last_of_a_run_is_shown_when_the_run_has_ended(ground: Ground) -> None:
    ground.harvest(places(3))
    with ground.ledger.transaction():
        run = runs.begin(ground.ledger.db, "liste", ground.ledger.now())
    ground.ledger.db.execute("UPDATE activity SET run = ? WHERE sequence = 3", (run,))
    lock = ground.folder / "locks" / "liste.lock"
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        seen = read(getter(ground, settings(ground)), f"{BASE}/feed/records", graph_is_object=True)
        assert len(seen.members) == 2
    seen = read(getter(ground, settings(ground)), f"{BASE}/feed/records", graph_is_object=True)
    assert len(seen.members) == 3, "its process is gone: it will not go on"


def test_old_pages_keep_the_latest_versions_and_the_deletions(ground: Ground) -> None:
    ground.configure(max_shrink=1.0)
    for n in range(4):
        ground.harvest(places(100, str(n)))
    ground.harvest(places(90, "4"))
    ground.harvest(places(90, "5"))
    now = replace(settings(ground), feed=Feed(full_log_days=1, deletions_days=36500))
    whole = read(getter(ground, settings(ground, full_log_days=0)), f"{BASE}/feed/records", graph_is_object=True)
    kept = read(getter(ground, now), f"{BASE}/feed/records", graph_is_object=True)
    assert kept.live == whole.live
    assert kept.state == whole.state
    assert (len(whole.members), len(kept.members)) == (590, 100)
    without = read(
        getter(ground, replace(now, feed=Feed(full_log_days=1, deletions_days=1))),
        f"{BASE}/feed/records",
        graph_is_object=True,
    )
    assert len(without.members) == 90
    root = getter(ground, now)(f"{BASE}/feed/records")
    (policy,) = [quad.object for quad in root if quad.predicate == LDES["retentionPolicy"]]
    assert value(root, policy, LDES["fullLogDuration"]) == "P1D"  # type: ignore[arg-type]
