"""What is wrong with an entry: since when, whether still, and what becomes of the entry meanwhile."""

from __future__ import annotations

from typing import Any

import pyoxigraph as ox

from harvesters.reading import SourceFailed, Unreadable
from registry.ledger import Finding, findings, records
from registry.project import Follower
from registry.terms import ORTE
from tests.registry.conftest import RECORDS, Ground

GOOD: dict[str, Any] = {"key": "1", "name": "Haus", "lat": 51.3, "lon": 12.4}
ABROAD = {**GOOD, "lat": 19.4}  # Mexico City
UNNAMED = {**GOOD, "name": "  "}
LATITUDE, BLANK = "https://w3id.org/orte/shapes#Latitude", "https://w3id.org/orte/shapes#NameText"


def violations(ground: Ground) -> list[tuple[str, str | None, int, str | None]]:
    """Rule, value, first run and page of the open violations."""
    return [
        (one.finding.rule, one.finding.value, one.first_run, one.page)
        for one in findings.of_source(ground.ledger.db, "liste", severities=["violation"])
    ]


def test_a_fault_keeps_the_run_that_saw_it_first_also_when_its_value_becomes_another_wrong_one(ground: Ground) -> None:
    first = ground.harvest([ABROAD])
    ((rule, value, seen, page),) = violations(ground)
    assert (rule, value, seen, page) == (LATITUDE, "19.4", first.id, "https://liste.example/1")
    second = ground.harvest([{**ABROAD, "lat": 20.5}])
    assert violations(ground) == [(LATITUDE, "20.5", first.id, page)]
    assert findings.count(ground.ledger.db, "liste", fixed_run=second.id) == {}
    third = ground.harvest([GOOD])
    assert violations(ground) == []
    assert findings.count(ground.ledger.db, "liste", fixed_run=third.id) == {"violation": 1}


def test_a_fault_that_comes_back_is_new_again(ground: Ground) -> None:
    for entry in (ABROAD, GOOD):
        ground.harvest([entry])
    again = ground.harvest([ABROAD])
    assert [seen for _, _, seen, _ in violations(ground)] == [again.id]


def test_of_two_faults_the_other_one_stays(ground: Ground) -> None:
    first = ground.harvest([{**ABROAD, "name": "  "}])
    assert {rule for rule, *_ in violations(ground)} == {LATITUDE, BLANK}
    second = ground.harvest([ABROAD])
    assert [(rule, seen) for rule, _, seen, _ in violations(ground)] == [(LATITUDE, first.id)]
    assert findings.count(ground.ledger.db, "liste", fixed_run=second.id) == {"violation": 1}


def test_nothing_counts_as_fixed_because_it_could_not_be_read(ground: Ground) -> None:
    ground.harvest([ABROAD])
    run = ground.harvest([Unreadable("1", "broken today", "…")])
    assert {rule.rpartition("#")[2] for rule, *_ in violations(ground)} == {"Latitude", "read"}
    assert {page for *_, page in violations(ground)} == {"https://liste.example/1"}
    assert findings.count(ground.ledger.db, "liste", fixed_run=run.id) == {}
    ground.harvest([Unreadable(None, "no key", "…"), GOOD])
    assert [rule.rpartition("#")[2] for rule, *_ in violations(ground)] == ["read"]
    failed = ground.harvest([SourceFailed("it hangs")])
    assert len(violations(ground)) == 1, "what has no key is forgotten after a complete reading only"
    assert findings.count(ground.ledger.db, "liste", fixed_run=failed.id) == {}


def test_the_kind_of_value_is_kept(ground: Ground) -> None:
    ground.harvest([UNNAMED])
    (one,) = findings.of_source(ground.ledger.db, "liste", severities=["violation"])
    assert (one.finding.value, one.finding.datatype) == ("  ", "@de")
    assert one.finding.focus == f"{RECORDS}1#it"
    assert one.finding.record == f"{RECORDS}1"
    assert one.finding.path == "https://schema.org/name"


def test_an_entry_that_leaves_the_region_leaves_no_findings(ground: Ground) -> None:
    lift = ground.source.lift.replace("schema:name ?name ;", "schema:name ?name ; orte:region ?region ;")
    region = "OPTIONAL { ?r xyz:ags ?a BIND(IRI(?a) AS ?region) }"
    lift = lift.replace("BIND(fn:it(?r) AS ?it)", f"BIND(fn:it(?r) AS ?it) {region}")
    ground.configure(lift=lift, districts=("14729",))
    ground.harvest([{**ABROAD, "ags": "https://w3id.org/orte/region/14729"}])
    assert violations(ground)
    assert list(records.quarantined(ground.ledger.db))
    ground.harvest([{**ABROAD, "ags": "https://w3id.org/orte/region/14713"}])
    assert violations(ground) == []
    assert list(records.quarantined(ground.ledger.db)) == []


def test_a_part_that_is_no_longer_there_leaves_quarantine(ground: Ground) -> None:
    lift = ground.source.lift.replace('STRLANG("Schreibtisch", "de")', 'STRLANG(" ", "de")')
    ground.configure(lift=lift)
    ground.harvest([{**GOOD, "desk": True}])
    assert [one.iri for one in records.quarantined(ground.ledger.db)] == [f"{RECORDS}1/service/desk"]
    ground.harvest([GOOD])
    assert list(records.quarantined(ground.ledger.db)) == []


def test_quarantine_marks_what_is_still_shown_as_stale_until_it_validates_again(ground: Ground) -> None:
    ground.harvest([GOOD, {**GOOD, "key": "2"}])
    store, follower = ox.Store(), Follower(str(ground.path))
    follower.load(store)
    stale = ox.Quad(ox.NamedNode(RECORDS + "1"), ORTE["stale"], ox.Literal(True), ox.DefaultGraph())
    assert stale not in store

    broken = ground.harvest([{**ABROAD, "name": "Neuer Name"}, {**GOOD, "key": "2"}])
    assert broken.counts["quarantined"] == 1
    follower.follow(store)
    assert list(store.quads_for_pattern(None, ORTE["stale"], None, None)) == [stale]
    kept = ground.ledger.record(RECORDS + "1")
    assert kept is not None
    assert (kept.stale_since, "Neuer Name" in kept.nquads) == (broken.started, False)
    (waiting,) = records.quarantined(ground.ledger.db, "liste")
    assert (waiting.iri, waiting.raw_key, waiting.since, waiting.published) == (kept.iri, "1", broken.started, True)
    assert "Neuer Name" in waiting.nquads

    later = ground.harvest([{**ABROAD, "name": "Noch ein Name"}, {**GOOD, "key": "2"}])
    (waiting,) = records.quarantined(ground.ledger.db, iri=kept.iri)
    assert (waiting.since, waiting.changed) == (broken.started, later.started)

    ground.harvest([{**GOOD, "name": "Neuer Name"}, {**GOOD, "key": "2"}])
    follower.follow(store)
    assert list(store.quads_for_pattern(None, ORTE["stale"], None, None)) == []
    healed = ground.ledger.record(RECORDS + "1")
    assert healed is not None
    assert (healed.stale_since, "Neuer Name" in healed.nquads) == (None, True)
    assert list(records.quarantined(ground.ledger.db)) == []


def test_back_to_what_it_was_is_no_longer_stale_and_no_activity(ground: Ground) -> None:
    ground.harvest([GOOD])
    store, follower = ox.Store(), Follower(str(ground.path))
    follower.load(store)
    ground.harvest([ABROAD])
    follower.follow(store)
    before = ground.ledger.sequence()
    ground.harvest([GOOD])
    follower.follow(store)
    assert ground.ledger.sequence() == before
    fresh = ox.Store()
    Follower(str(ground.path)).load(fresh)
    assert set(map(str, store)) == set(map(str, fresh))


def test_a_record_that_was_never_valid_is_not_published(ground: Ground) -> None:
    ground.harvest([ABROAD])
    (waiting,) = records.quarantined(ground.ledger.db)
    assert not waiting.published
    assert ground.ledger.record(RECORDS + "1") is None
    assert records.stale(ground.ledger.db) == frozenset()
    ground.harvest([GOOD])
    assert ground.kinds() != {}


def test_what_is_quoted_of_one_entry_stays_apart_from_the_same_in_another(ground: Ground) -> None:
    run = ground.harvest([GOOD])
    db = ground.ledger.db
    one = Finding("warning", "https://w3id.org/orte/fn#phone", "Keine Nummer.", "No number.", value="auf Anfrage")
    with ground.ledger.transaction():
        findings.put(db, "liste", "a", None, [one, one], run.id)
        findings.put(db, "liste", "b", None, [one], run.id)
        findings.put(db, "liste", "a", None, [], run.id)
    assert [found.key for found in findings.of_source(db, "liste", severities=["warning"])] == ["b"]


def test_what_one_entry_costs_does_not_grow_with_what_is_wrong_with_others(ground: Ground) -> None:
    ground.harvest([ABROAD])
    db, steps = ground.ledger.db, []

    def put(key: str) -> int:
        """Instructions of SQLite's machine that it takes to write a finding down."""
        steps.clear()
        db.set_progress_handler(lambda: steps.append(1), 1)
        findings.put(db, "liste", key, None, [Finding("info", "rule", "schlecht", "bad", value=key)], 1)
        db.set_progress_handler(None, 0)
        return len(steps)

    with ground.ledger.transaction():
        first = put("first")
        for number in range(300):
            put(f"other-{number}")
        assert put("last") <= first + 20
