"""A writer that commits one batch after the other keeps nobody out for long."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from registry.ledger import Ledger, turns
from registry.ledger.turns import LONG, Turns

BASE = "http://127.0.0.1:8000"
BATCHES = 60


def test_who_waits_gets_its_turn_between_two_batches(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    busy, guest = Ledger.open(path, BASE), Ledger.open(path, BASE)
    begun, came = threading.Event(), threading.Event()
    done = 0

    def work() -> None:
        nonlocal done
        pause = threading.Event()
        for _ in range(BATCHES):
            if came.is_set():
                break
            with busy.transaction():
                done += 1
                begun.set()
                pause.wait(3 * LONG)

    thread = threading.Thread(target=work)
    thread.start()
    assert begun.wait(60)
    with guest.transaction():
        came.set()
    thread.join(60)
    assert done < BATCHES / 2, "it had to wait for batch after batch"
    busy.close()
    guest.close()


def test_nobody_is_waited_for_when_nobody_waits(tmp_path: Path) -> None:
    one, other = Turns(tmp_path / "ledger.sqlite"), Turns(tmp_path / "ledger.sqlite")
    assert not one.wanted()
    with other.waiting():
        assert one.wanted()
    assert not one.wanted()
    one.close()
    other.close()


def test_who_gives_way_goes_on_as_soon_as_nobody_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PAUSE", 3600.0)
    one, other = Turns(tmp_path / "ledger.sqlite"), Turns(tmp_path / "ledger.sqlite")
    waits, may_go = threading.Event(), threading.Event()

    def wait() -> None:
        with other.waiting():
            waits.set()
            may_go.wait(60)

    thread = threading.Thread(target=wait)
    thread.start()
    assert waits.wait(60)
    threading.Timer(0.05, may_go.set).start()
    one.give_way(2 * LONG)
    assert may_go.is_set()
    thread.join(60)
    one.close()
    other.close()


def test_without_a_place_for_the_file_there_are_no_turns(tmp_path: Path) -> None:
    nowhere = Turns(tmp_path / "missing" / "ledger.sqlite")
    with nowhere.waiting():
        assert not nowhere.wanted()
    nowhere.give_way(1.0)
    nowhere.close()
