"""A source that hangs is ended by its time limit, and nobody has to wait for it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harvesters.reading import Context, Item, RawRecord
from harvesters.source import Source
from registry import harvesting
from registry.ledger import Ledger, runs
from registry.locks import AlreadyHarvesting, alone, held, overdue
from registry.schedule import Round, Schedule
from registry.sources import sources
from tests.conftest import ROOT
from tests.registry.cases import AFTER, BEFORE, case_of, describe
from tests.registry.sourced import Sourced, counts
from tests.standins import StandIn, drip, hang

ENDLESS = "CONSTRUCT { ?it a orte:Site ; schema:name ?n } WHERE { ?r a fx:root ; xyz:name ?n BIND(fn:it(?r) AS ?it)"
ENDLESS += " { SELECT (COUNT(*) AS ?c) { " + " . ".join(f"?a{n} ?b{n} ?c{n}" for n in range(9)) + " } } }"
"""A lift that no one can interrupt: native code counting the ninth power of the statements."""


@pytest.fixture
def site() -> Iterator[StandIn]:
    with StandIn() as standin:
        standin.route("/well", [{"id": "x", "name": "Haus X"}])
        yield standin


def _registry(data: Path, site: StandIn, limit: str = "1s", **settings: Any) -> Sourced:
    """Two sources: `ort`, whose time is limited, and `well`."""
    registry = Sourced(data, site, **settings)
    case = case_of("json")
    describe(registry, case, site)
    case.publish(site, BEFORE)
    assert registry.harvest("ort")["ort"].outcome == "complete"
    options = {"reader": "json", "url": site.url("/orte"), "key": "id"}
    registry.describe("ort", options, expect={"time_limit": limit}, enabled=True, every="1s")
    registry.describe("well", {"reader": "json", "url": site.url("/well"), "key": "id"}, enabled=True)
    with (data / "registry.toml").open("a", encoding="utf-8") as file:
        for name in ("studie", "openfairdb", "openstreetmap", "wikidata", "spaceapi", "offene-werkstaetten"):
            file.write(f"[sources.{name}]\nenabled = false\n")
        for name in ("kreativorte-mitteldeutschland", "kreativorte-im-gruenen"):
            file.write(f"[sources.{name}]\nenabled = false\n")
    return registry


@pytest.mark.parametrize("answer", [hang(), drip()], ids=["says nothing", "says a little now and then"])
def test_a_server_that_hangs_is_left_when_the_time_is_over(answer: Any, site: StandIn, tmp_path: Path) -> None:
    registry = _registry(tmp_path, site, timeout=600)
    before = registry.digests()
    site.route("/orte", answer)
    began = time.monotonic()
    found = registry.harvest("ort", "well")
    assert time.monotonic() - began < 120  # the source alone would have had 600 s for a single read
    assert found["ort"].outcome == "failed"
    assert "did not answer completely within 1 s" in (found["ort"].reason or "")
    assert found["well"].outcome == "complete"
    assert registry.digests()["record"] != before["record"], "the other one is there"
    assert len(registry.names("ort")) == 6


def test_a_reader_that_never_ends_is_ended(site: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from harvesters.readers import json as reader

    def endless(options: Any, context: Context) -> Iterator[Item]:
        while True:
            yield RawRecord("1", {"name": "Haus 1"})

    registry = _registry(tmp_path, site)
    monkeypatch.setattr(reader, "read", endless)
    run = registry.harvest("ort")["ort"]
    assert (run.outcome, run.reason) == ("failed", "source 'ort' took longer than its time limit of 1 s")


def _until(condition: Callable[[], bool], seconds: float = 300) -> None:
    """Wait for what another process does."""
    end, pause = time.monotonic() + seconds, threading.Event()
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        pause.wait(0.1)


def test_the_schedule_kills_what_cannot_be_interrupted_and_the_others_go_on(site: StandIn, tmp_path: Path) -> None:
    registry = _registry(tmp_path, site)
    before = registry.names("ort")
    (tmp_path / "sources" / "ort" / "lift.rq").write_text(ENDLESS, encoding="utf-8")
    site.route("/orte", [{"id": number, "name": name} for number, name in AFTER.items()])
    watch = harvesting.Watch(registry.config)
    rounds = (Round(("harvest", "--due"), overdue=watch.overdue, killed=watch.ended),)
    ledger = Ledger.reader(registry.config.ledger)
    source = sources(registry.config)["ort"]
    _until(lambda: bool(harvesting.due(ledger, [source])))  # its second is over: there is but one round
    ledger.close()
    with Schedule(tmp_path, rounds, delay=0, tick=3600):
        _until(lambda: registry.told()["ort"]["state"] == "failed")
        _until(lambda: registry.told()["well"]["state"] == "ok")
    told = registry.told()["ort"]
    assert "hung beyond its time limit" in told["reason"]
    assert told["confirmed"], "and the age of what there is stays visible"
    assert registry.names("ort") == before
    assert not held(tmp_path / "locks", "ort")


def test_a_run_whose_process_was_killed_says_so_and_is_made_up_for(site: StandIn, tmp_path: Path) -> None:
    registry = _registry(tmp_path, site, limit="30min")
    waiting, released = threading.Event(), threading.Event()

    def answer(request: Any) -> Any:
        waiting.set()
        released.wait(30)
        return [{"id": number, "name": name} for number, name in AFTER.items()]

    site.route("/orte", answer)
    process = subprocess.Popen([sys.executable, "-m", "registry", "--data", str(tmp_path), "harvest", "ort"], cwd=ROOT)
    assert waiting.wait(60)
    assert held(tmp_path / "locks", "ort")
    assert overdue(tmp_path / "locks", process.pid) is None, "it has half an hour"
    ledger = Ledger.open(registry.config.ledger, registry.config.base_url)
    harvesting.close_interrupted(registry.config, ledger)
    assert registry.told()["ort"]["state"] == "ok", "it still goes on"
    with pytest.raises(AssertionError, match="is being harvested by another process"):
        registry.harvest("ort")
    process.kill()
    process.wait()
    released.set()
    harvesting.close_interrupted(registry.config, ledger)
    assert (registry.told()["ort"]["state"], registry.told()["ort"]["reason"]) == ("failed", runs.INTERRUPTED)
    ledger.close()
    assert counts(registry.harvest("ort")["ort"]) == (1, 1, 1, 4)


def test_two_harvests_of_one_source_never_overlap_and_asking_does_not_disturb(tmp_path: Path) -> None:
    with alone(tmp_path, "ort", 60):
        assert held(tmp_path, "ort")
        with pytest.raises(AlreadyHarvesting), alone(tmp_path, "ort", 60):
            pass
        with alone(tmp_path, "andere", 60):
            pass
    assert not held(tmp_path, "ort")
    assert not held(tmp_path, "nie")


def test_a_harvest_is_overdue_only_while_it_goes_on(tmp_path: Path) -> None:
    import os

    with alone(tmp_path, "ort", -10):
        assert overdue(tmp_path, os.getpid()) == "ort"
        assert overdue(tmp_path, os.getpid() + 1) is None
    assert overdue(tmp_path, os.getpid()) is None
    (tmp_path / "odd.lock").write_text("no numbers")
    assert overdue(tmp_path, os.getpid()) is None


def test_each_source_is_published_before_the_next_is_read(site: StandIn, tmp_path: Path) -> None:
    registry = _registry(tmp_path, site)
    seen: list[int] = []
    registry.describe("later", {"reader": "json", "url": site.url("/later"), "key": "id"})

    def later(request: Any) -> list[Any]:
        ledger = Ledger.reader(registry.config.ledger)
        seen.append(ledger.digest("entity").live)
        ledger.close()
        return [{"id": "y", "name": "Haus Y"}]

    site.route("/later", later)
    registry.harvest("well", "later")
    assert seen == [7], "the six of before and the one of the source before it"


def test_who_took_long_last_time_comes_last(site: StandIn, tmp_path: Path) -> None:
    registry = _registry(tmp_path, site)
    registry.harvest("ort", "well")
    ledger = Ledger.open(registry.config.ledger, registry.config.base_url)
    with ledger.transaction():
        ledger.db.execute("UPDATE run SET started = '2020-01-01T00:00:00Z', ended = '2020-01-01T00:30:00Z'")
        ledger.db.execute("UPDATE run SET ended = '2020-01-01T00:00:01Z' WHERE source = 'well'")
    known: dict[str, Source] = sources(registry.config)
    due = harvesting.due(ledger, [known[name] for name in ("ort", "well", "studie")])
    ledger.close()
    assert [source.id for source in due] == ["studie", "well", "ort"]
