"""Publishing while a harvest goes on: the same catalogue, whatever becomes of the process that does it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from registry import alongside as module
from registry import search, unify
from registry.alongside import Alongside
from registry.check import Checker
from registry.config import Config
from registry.ledger import Ledger
from registry.publishing import following, publish, publishing
from registry.renewal import Comparing
from tests.conftest import ROOT
from tests.registries import until
from tests.registry.conftest import Ground, raw


def places(start: int, count: int) -> list[Any]:
    return [raw(f"{n}", name=f"Haus {n}", text="Ein Haus") for n in range(start, start + count)]


@pytest.fixture
def alongside(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> Iterator[Alongside]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr(module, "WORTHWHILE", 10)
    with publishing(Config(ground.folder), processors=2) as alongside:
        yield alongside


def found(ledger: Ledger) -> int:
    """Sites that people find."""
    return search.find(ledger.db, search.Query(kind="site", text="Haus")).total


def test_a_process_publishes_what_is_much_and_leaves_the_rest(ground: Ground, alongside: Alongside) -> None:
    ground.take(places(0, 30))
    publish(ground.ledger)
    ground.take(places(0, 39))
    alongside.look(ground.ledger)
    assert alongside.pid is None, "nine entries are not worth a process"

    def looked() -> bool:
        alongside.look(ground.ledger)
        return found(ground.ledger) == 50

    ground.take(places(0, 50))
    until(looked)
    alongside.settle()
    ground.take(places(0, 55))
    alongside.look(ground.ledger)
    alongside.settle()
    assert found(ground.ledger) == 50
    publish(ground.ledger)
    assert found(ground.ledger) == 55


def test_what_the_process_did_is_what_would_have_been_done_without(
    ground: Ground, alongside: Alongside, checker: Checker, tmp_path: Path
) -> None:
    def looked() -> bool:
        alongside.look(ground.ledger)
        return found(ground.ledger) > 0

    ground.take(places(0, 25))
    publish(ground.ledger)
    alone = Ground(tmp_path / "alone", checker)
    for number in (60, 90, 40):
        ground.take(places(0, number), accept_shrink=True)
        alone.take(places(0, number), accept_shrink=True)
        until(looked)
    alongside.settle()
    publish(ground.ledger)
    publish(alone.ledger)
    assert ground.ledger.digest("entity").hex == alone.ledger.digest("entity").hex
    assert found(ground.ledger) == found(alone.ledger) == 40
    alone.ledger.close()


def test_a_process_that_dies_costs_nothing_but_time(ground: Ground, alongside: Alongside) -> None:
    def working() -> bool:
        alongside.look(ground.ledger)
        return found(ground.ledger) > 5

    ground.take(places(0, 5))
    publish(ground.ledger)
    ground.take(places(0, 400))
    until(working)
    ground.take(places(0, 800))
    alongside.look(ground.ledger)
    assert alongside.pid is not None
    os.kill(alongside.pid, signal.SIGKILL)
    alongside.look(ground.ledger)
    alongside.settle()
    alongside.look(ground.ledger)
    publish(ground.ledger)
    assert found(ground.ledger) == 800


def test_one_processor_has_no_room_for_it(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WORTHWHILE", 1)
    ground.take(places(0, 3))
    with publishing(Config(ground.folder), processors=1) as alongside:
        for _ in range(3):
            alongside.look(ground.ledger)
        assert alongside.pid is None


def test_views_follow_what_is_published_while_the_rest_is_compared(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr(module, "WORTHWHILE", 10)
    monkeypatch.setattr(unify, "BATCH", 20)
    look, seen = Alongside.look, list[int]()

    def patient(self: Alongside, ledger: Ledger) -> None:
        """After the second of three batches wait for the other process."""

        def looked() -> bool:
            look(self, ledger)
            return found(ledger) > 0

        if len(seen) == 1:
            until(looked)
        look(self, ledger)
        seen.append(found(ledger))

    monkeypatch.setattr(Alongside, "look", patient)
    ground.take(places(0, 60))
    with following(Config(ground.folder), processors=2) as views:
        publish(ground.ledger, meanwhile=views)
    assert len(seen) == 3
    assert 0 < seen[1] <= 40
    assert found(ground.ledger) == 60


def test_what_changes_after_it_was_read_ahead_is_read_anew(
    ground: Ground, checker: Checker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records are read before the transaction in which they are compared; others may write in between."""
    take_two_sources(ground)
    foreseen = Comparing.foresee

    def foresee(self: Comparing, numbers: Iterable[int]) -> None:
        foreseen(self, numbers)
        monkeypatch.setattr(Comparing, "foresee", foreseen)
        renamed = [raw(f"{n}", name=f"Alte Rösterei {n}") for n in range(12)]
        ground.take(renamed[:11])  # eleven are others now, and one is gone

    monkeypatch.setattr(Comparing, "foresee", foresee)
    unify.unify(ground.ledger)
    once = Ground(tmp_path / "once", checker)
    take_two_sources(once)
    once.take([raw(f"{n}", name=f"Alte Rösterei {n}") for n in range(11)])
    unify.unify(once.ledger)
    for table in ("profile", "block", "comparison"):
        rows = f"SELECT * FROM {table}"
        assert sorted(ground.ledger.db.execute(rows)) == sorted(once.ledger.db.execute(rows)), table
    assert ground.ledger.digest("entity").hex == once.ledger.digest("entity").hex
    once.ledger.close()


def take_two_sources(ground: Ground) -> None:
    """The same dozen places, all of one name, listed by one source after the other."""
    for source in ("liste", "andere"):
        ground.configure(id=source)
        ground.take([raw(f"{n}", name="Kulturmühle Nerchau") for n in range(12)])


class Enough(Exception):
    """One batch is done."""


def test_others_may_publish_between_two_batches(
    ground: Ground, checker: Checker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has been read of profiles and keys is not used any more once somebody else has compared records."""
    monkeypatch.setattr(unify, "BATCH", 4)
    take_two_sources(ground)
    other = Ledger.open(ground.path, ground.ledger.base)

    def stop(done: int) -> None:
        raise Enough

    def between(done: int) -> None:
        if done == 4:
            with pytest.raises(Enough):
                unify.unify(other, stop)

    unify.unify(ground.ledger, between)
    other.close()
    once = Ground(tmp_path / "once", checker)
    take_two_sources(once)
    unify.unify(once.ledger)
    (kept,) = once.ledger.db.execute("SELECT count(*) FROM comparison").fetchone()
    assert kept >= 12, "what the two sources say of one place is compared"
    for table in ("profile", "block", "comparison"):
        rows = f"SELECT * FROM {table}"
        assert sorted(ground.ledger.db.execute(rows)) == sorted(once.ledger.db.execute(rows)), table
    assert ground.ledger.digest("entity").hex == once.ledger.digest("entity").hex
    once.ledger.close()
