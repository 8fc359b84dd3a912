from __future__ import annotations

import shutil
import sqlite3
from datetime import datetime, timedelta

import pytest

from registry.ledger import Ledger, LedgerError
from tests.registry.conftest import BASE, Ground


def test_the_log_never_goes_back_in_time_whatever_the_clock_does(ground: Ground) -> None:
    ground.harvest([{"key": "a", "name": "Haus"}])
    ground.clock.tick(days=-400)
    ground.harvest([{"key": "a", "name": "Haus am See"}, {"key": "b", "name": "Hof"}])
    ground.clock.tick(days=401)
    ground.harvest([{"key": "a", "name": "Haus am Fluss"}, {"key": "b", "name": "Hof"}])
    times = [time for (time,) in ground.ledger.db.execute("SELECT published FROM activity ORDER BY sequence")]
    assert times == sorted(times)
    assert len(set(times)) == 2, "while the clock is behind, time stands still"
    modified = "SELECT modified, sequence FROM entity ORDER BY sequence"
    assert [time for time, _ in ground.ledger.db.execute(modified)] == [
        time for time, in ground.ledger.db.execute(
            "SELECT published FROM activity WHERE sequence IN (SELECT sequence FROM entity) ORDER BY sequence"
        )
    ]  # fmt: skip


def test_another_process_with_a_slow_clock_writes_no_earlier_time(ground: Ground) -> None:
    ground.harvest([{"key": "a", "name": "Haus"}])
    slow = datetime.fromisoformat(ground.ledger.now()) - timedelta(days=3)
    assert Ledger.open(ground.path, BASE, clock=lambda: slow).now() == ground.ledger.now()


def test_a_transaction_that_a_full_disk_ended_says_so_and_leaves_nothing(ground: Ground) -> None:
    ground.harvest([{"key": "a", "name": "Haus"}])
    before = ground.ledger.digest("record")
    pages = ground.ledger.db.execute("PRAGMA page_count").fetchone()[0]
    ground.ledger.db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        ground.harvest([{"key": f"n-{n}", "name": f"Ort {n}", "text": f"{n}" * 3000} for n in range(200)])
    assert not ground.ledger.db.in_transaction
    assert ground.ledger.digest("record") == before
    ground.ledger.db.execute("PRAGMA max_page_count = 1000000")
    run = ground.harvest([{"key": f"n-{n}", "name": f"Ort {n}"} for n in range(200)], accept_shrink=True)
    assert run.outcome == "complete"


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_nothing_is_written_into_a_file_that_has_lost_its_name(ground: Ground, how: str) -> None:
    """It would be acknowledged, and gone with the process."""
    ground.harvest([{"key": "1", "name": "Haus"}])
    other = ground.path.with_name("anderer")
    shutil.copy(ground.path, other)
    ground.path.unlink()
    if how == "replaced":
        other.rename(ground.path)
    assert not ground.ledger.in_place()
    with pytest.raises(LedgerError, match=r"removed or replaced.*orte restore"), ground.ledger.transaction():
        ground.ledger.db.execute("DELETE FROM activity")
    assert ground.ledger.sequence() > 0
