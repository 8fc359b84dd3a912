from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from registry.ledger import Ledger, LedgerError
from registry.ledger.backup import backup, restore
from registry.ledger.integrity import faults
from tests.registry.conftest import BASE, Ground

PLACES = [{"key": f"ort-{n}", "name": f"Ort {n}", "text": "Ein Haus am Fluss. " * 20} for n in range(60)]


def test_a_backup_restores_the_very_state_it_was_taken_of(ground: Ground, tmp_path: Path) -> None:
    ground.harvest(PLACES[:50])
    then = ground.ledger.digest("record"), ground.ledger.digest("entity")
    copy = backup(ground.path, tmp_path / "sicherung")
    assert (copy.records, copy.entities) == (then[0].hex, then[1].hex)
    ground.harvest(PLACES)
    assert ground.ledger.digest("record") != then[0]
    ground.ledger.close()
    _, kept = restore(tmp_path / "sicherung", ground.path, BASE)
    ground.ledger = Ledger.open(ground.path, BASE, clock=ground.clock)
    assert (ground.ledger.digest("record"), ground.ledger.digest("entity")) == then
    assert kept is not None
    assert Ledger.reader(kept).digest("record").live == 60, "what was there is kept, whole"
    ground.harvest(PLACES)
    assert ground.ledger.digest("record").live == 60, "and harvests go on from the backup"


def test_a_backup_during_a_harvest_is_one_moment_of_it(ground: Ground, tmp_path: Path) -> None:
    """Batches are committed while pages are copied; the copy holds whole batches only."""
    ground.harvest(PLACES[:5])
    stop = threading.Event()

    def write() -> None:
        other = Ledger.open(ground.path, BASE, clock=ground.clock)
        number = 0
        while not stop.is_set():
            number += 1
            with other.transaction():
                other.db.execute("INSERT OR REPLACE INTO meta VALUES ('a', ?), ('b', ?)", (number, number))
        other.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for attempt in range(5):
            backup(ground.path, tmp_path / f"{attempt}")
            with sqlite3.connect(tmp_path / f"{attempt}") as db:
                assert faults(db) == []
                values = [value for (value,) in db.execute("SELECT value FROM meta WHERE key IN ('a', 'b')")]
                assert len(set(values)) <= 1
    finally:
        stop.set()
        writer.join()


def test_nothing_is_restored_while_the_ledger_is_used(ground: Ground, tmp_path: Path) -> None:
    ground.harvest(PLACES[:3])
    backup(ground.path, tmp_path / "sicherung")
    before = ground.ledger.digest("record")
    with pytest.raises(LedgerError, match="uses the ledger"):
        restore(tmp_path / "sicherung", ground.path, BASE)
    ground.ledger.close()
    reader = Ledger.reader(ground.path)
    with pytest.raises(LedgerError, match="uses the ledger"):
        restore(tmp_path / "sicherung", ground.path, BASE)
    assert reader.digest("record") == before


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE record SET nquads = (SELECT nquads FROM record WHERE id = 2) WHERE id = 1",
        "UPDATE entity SET digest = zeroblob(32) WHERE id = 1",
        "UPDATE state SET live = live + 1 WHERE stream = 'record' AND source = 'liste'",
        "DELETE FROM record WHERE id = 3",
    ],
)
def test_what_is_not_whole_is_neither_backed_up_nor_restored(ground: Ground, tmp_path: Path, spoil: str) -> None:
    ground.harvest(PLACES[:5])
    good = tmp_path / "gut"
    backup(ground.path, good)
    with sqlite3.connect(good) as db:
        db.execute(spoil)
    ground.ledger.close()
    before = ground.path.read_bytes()
    with pytest.raises(LedgerError, match="not a whole ledger"):
        restore(good, ground.path, BASE)
    assert ground.path.read_bytes() == before
    with pytest.raises(LedgerError, match="not a whole ledger"):
        backup(good, tmp_path / "kopie")
    assert not (tmp_path / "kopie").exists()
    assert not list(tmp_path.glob(".*partial"))


def test_a_file_that_is_no_ledger_of_this_registry_is_refused(ground: Ground, tmp_path: Path) -> None:
    ground.harvest(PLACES[:2])
    backup(ground.path, tmp_path / "sicherung")
    ground.ledger.close()
    with pytest.raises(LedgerError, match="addresses never change"):
        restore(tmp_path / "sicherung", ground.path, "https://other.example.org")
    (tmp_path / "text").write_text("kein Ledger" * 1000)
    with pytest.raises(LedgerError, match="not a ledger"):
        restore(tmp_path / "text", ground.path, BASE)
    with sqlite3.connect(tmp_path / "andere") as db:
        db.execute("CREATE TABLE meta (key, value)")
    with pytest.raises(LedgerError, match="not a ledger"):
        restore(tmp_path / "andere", ground.path, BASE)
    with pytest.raises(LedgerError, match="there is no"):
        restore(tmp_path / "fehlt", ground.path, BASE)


def test_a_backup_never_replaces_the_ledger_itself(ground: Ground) -> None:
    with pytest.raises(LedgerError, match="itself"):
        backup(ground.path, ground.path)
