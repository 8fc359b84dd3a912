"""What a harvest does to the ledger, above all what it must never do."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from harvesters.reading import Partial, RawRecord, SourceFailed, Unreadable, Withdrawn
from registry.ledger import Ledger, runs
from registry.locks import AlreadyHarvesting, alone
from tests.registry.conftest import RECORDS, Ground

TEN: list[Any] = [{"key": str(n), "name": f"Haus {n}", "lat": 51.3, "lon": 12.4} for n in range(10)]


def _counts(run: Any) -> dict[str, int]:
    return {
        key: value
        for key, value in run.counts.items()
        if key in ("created", "updated", "withdrawn", "unchanged") and value
    }


def test_create_update_withdraw_are_counted_exactly(ground: Ground) -> None:
    assert _counts(ground.harvest(TEN)) == {"created": 10}
    assert _counts(ground.harvest(TEN)) == {"unchanged": 10}
    changed = [*TEN[1:9], {**TEN[9], "name": "Anders"}, {"key": "neu", "name": "Neu"}]
    assert _counts(ground.harvest(changed)) == {"created": 1, "updated": 1, "withdrawn": 1, "unchanged": 8}
    assert ground.ledger.digest("record").live == 10


def test_an_unchanged_source_writes_no_activity(ground: Ground) -> None:
    ground.harvest(TEN)
    before = ground.ledger.sequence()
    run = ground.harvest(TEN)
    assert ground.ledger.sequence() == before
    (state,) = ground.ledger.sources()
    assert state.confirmed == run.ended, "all of it was confirmed by this run"


@pytest.mark.parametrize(
    "answer",
    [
        [SourceFailed("it hangs")],
        [*TEN[:3], SourceFailed("it broke off")],
        [],
        TEN[:5],
        [*TEN[:2], Partial("only what changed")],
    ],
    ids=["fails at once", "fails half way", "empty", "shrunken", "delta"],
)
def test_nothing_is_lost_when_the_source_fails(ground: Ground, answer: list[Any]) -> None:
    ground.harvest(TEN)
    before = ground.ledger.digest("record"), ground.ledger.digest("entity")
    run = ground.harvest(answer)
    assert (ground.ledger.digest("record"), ground.ledger.digest("entity")) == before
    assert run.outcome in ("failed", "held", "partial")
    assert run.reason


def test_a_held_run_is_released_by_a_person(ground: Ground) -> None:
    ground.harvest(TEN)
    held = ground.harvest(TEN[:5])
    assert held.outcome == "held"
    assert "shrank from 10 to 5" in (held.reason or "")
    (state,) = ground.ledger.sources()
    assert state.state == "held"
    assert state.confirmed != held.ended, "the age of the data stays visible"
    released = ground.harvest(TEN[:5], accept_shrink=True)
    assert (released.outcome, released.counts["withdrawn"]) == ("complete", 5)


def test_an_explicit_withdrawal_needs_no_complete_reading(ground: Ground) -> None:
    ground.harvest(TEN)
    run = ground.harvest([Withdrawn("3"), Partial("delta")])
    assert run.counts["withdrawn"] == 1
    assert ground.ledger.digest("record").live == 9


def test_one_bad_record_never_stops_the_rest(ground: Ground) -> None:
    run = ground.harvest(
        [
            *TEN,
            Unreadable("kaputt", "no number", "NaN"),
            {"key": "ohne", "text": "kein Name"},
            {"key": "x" * 600, "name": "lang"},
        ]
    )
    assert (run.counts["created"], run.counts["unreadable"], run.counts["unliftable"]) == (10, 2, 1)
    row = ground.ledger.db.execute("SELECT reason, body IS NOT NULL FROM raw WHERE key = 'ohne'").fetchone()
    assert "made nothing" in row[0]
    assert row[1], "what could not be lifted is kept raw"


def test_an_unreadable_record_keeps_its_last_good_state_and_is_read_again(ground: Ground) -> None:
    ground.harvest(TEN)
    run = ground.harvest([*TEN[:9], Unreadable("9", "broken today", "…")])
    assert run.counts["withdrawn"] == 0
    assert ground.ledger.digest("record").live == 10
    assert ("9", "https://w3id.org/orte/finding#read", "…") in ground.findings()
    ground.harvest(TEN)
    assert ("9", "https://w3id.org/orte/finding#read", "…") not in ground.findings()
    assert ("9", "https://w3id.org/orte/finding#read", "…") in ground.findings(fixed=True)


def test_a_violation_is_quarantined_and_the_last_valid_version_stays(ground: Ground) -> None:
    ground.harvest(TEN)
    bad = {**TEN[0], "name": "Neuer Name", "lat": 19.4}  # Mexico City
    run = ground.harvest([bad, *TEN[1:]])
    assert run.counts["quarantined"] == 1
    kept = ground.ledger.record(RECORDS + "0")
    assert kept is not None
    assert "Haus 0" in kept.nquads
    assert ground.ledger.db.execute("SELECT raw_key FROM quarantine").fetchall() == [("0",)]
    assert any(key == "0" and rule.startswith("https://w3id.org/orte/shapes#") for key, rule, _ in ground.findings())
    ground.harvest([{**bad, "lat": 51.3}, *TEN[1:]])
    healed = ground.ledger.record(RECORDS + "0")
    assert healed is not None
    assert "Neuer Name" in healed.nquads
    assert ground.ledger.db.execute("SELECT count(*) FROM quarantine").fetchone() == (0,)


def test_without_a_licence_only_facts_are_stored(ground: Ground) -> None:
    ground.configure(licence=None)
    ground.harvest([{"key": "1", "name": "Haus", "text": "Ein Werk der Dichtkunst.", "lat": 51.3, "lon": 12.4}])
    kept = ground.ledger.record(RECORDS + "1")
    assert kept is not None
    assert "Dichtkunst" not in kept.nquads
    assert "Haus" in kept.nquads
    assert "12.4" in kept.nquads
    ground.configure(licence="https://creativecommons.org/publicdomain/zero/1.0/")
    run = ground.harvest([{"key": "1", "name": "Haus", "text": "Ein Werk der Dichtkunst.", "lat": 51.3, "lon": 12.4}])
    assert run.counts["updated"] == 1, "a licence found later lets the text in"


def test_a_licence_stated_per_record_wins(ground: Ground) -> None:
    ground.configure(licence=None)
    cc0 = "https://creativecommons.org/publicdomain/zero/1.0/"
    ground.harvest([RawRecord("1", {"name": "Haus", "text": "frei"}, licence=cc0)])
    kept = ground.ledger.record(RECORDS + "1")
    assert kept is not None
    assert kept.licence == cc0
    assert "frei" in kept.nquads


def test_one_entry_may_become_several_things_and_lose_one_again(ground: Ground) -> None:
    ground.harvest([{"key": "1", "name": "Haus", "desk": True}])
    assert sorted(ground.kinds().values()) == ["service", "site"]
    run = ground.harvest([{"key": "1", "name": "Haus"}])
    assert run.counts["updated"] == 1
    assert sorted(ground.kinds().values()) == ["site"]


def test_keys_the_lift_never_reads_are_counted(ground: Ground) -> None:
    run = ground.harvest([{**one, "rating": 3} for one in TEN])
    assert run.counts["unread"] == {"rating": 10}


def test_hostile_keys_stay_in_their_place(ground: Ground) -> None:
    keys = ["<script>alert(1)</script>", "../../etc/passwd", "a/service/desk", "ä ö#it", "a%2Fb"]
    run = ground.harvest([{"key": key, "name": key} for key in keys])
    assert run.counts["created"] + run.counts["quarantined"] == len(keys)
    for (iri,) in ground.ledger.db.execute("SELECT iri FROM record"):
        assert iri.startswith(RECORDS)
        assert "/" not in iri[len(RECORDS) :]
        assert "<" not in iri


def test_two_harvests_of_one_source_never_overlap(ground: Ground) -> None:
    with alone(ground.folder / "locks", "liste", 60):
        caught: list[BaseException] = []

        def second() -> None:
            try:
                ground.harvest(TEN)
            except AlreadyHarvesting as error:
                caught.append(error)

        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert "another process" in str(caught[0])
    assert ground.harvest(TEN).outcome == "complete"


def test_an_interrupted_run_says_so_afterwards(ground: Ground) -> None:
    ground.harvest(TEN)
    with ground.ledger.transaction():
        number = runs.begin(ground.ledger.db, "liste", ground.ledger.now())
    ground.harvest(TEN)
    interrupted = ground.ledger.run(number)
    assert interrupted is not None
    assert (interrupted.outcome, interrupted.reason) == ("failed", runs.INTERRUPTED)


def test_the_same_entries_give_the_same_digest_whatever_happened_between(
    ground: Ground, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = Ground(tmp_path_factory.mktemp("other"), ground.checker)
    ground.harvest(TEN)
    for answer in (TEN[5:], [*TEN[:3], SourceFailed("broke off")], list(reversed(TEN))):
        other.harvest(answer)
    for stream in ("record", "entity"):
        assert other.ledger.digest(stream).hex == ground.ledger.digest(stream).hex


def test_a_reader_of_the_ledger_sees_what_was_committed(ground: Ground) -> None:
    ground.harvest(TEN)
    reader = Ledger.reader(ground.path)
    assert reader.digest("record") == ground.ledger.digest("record")
    assert reader.base == ground.ledger.base
