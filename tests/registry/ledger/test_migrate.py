"""From every released schema to the newest: what was in the ledger is in it afterwards, and there is a way back."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from registry.ledger import Ledger, LedgerError, migrate
from registry.ledger.backup import restore
from registry.ledger.integrity import faults
from tests.registry.conftest import BASE, Ground

RELEASED = sorted((Path(__file__).parent / "schemas").glob("*.sql"), key=lambda file: int(file.stem))


def _columns(db: sqlite3.Connection) -> dict[str, list[str]]:
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'index')")]
    return {
        name: sorted(str(row[1]) for row in db.execute(f"PRAGMA table_info({name})"))
        for name in tables
        if not name.startswith(("sqlite_", "search_"))
    }


@pytest.mark.parametrize("released", RELEASED, ids=lambda file: f"version-{file.stem}")
def test_every_released_schema_becomes_the_newest(tmp_path: Path, released: Path) -> None:
    old, new = tmp_path / "alt.sqlite", tmp_path / "neu.sqlite"
    with sqlite3.connect(old) as db:
        db.executescript(released.read_text(encoding="utf-8"))
        db.executemany("INSERT INTO meta VALUES (?, ?)", [("schema", released.stem), ("base", BASE)])
    migrated, fresh = Ledger.open(old, BASE), Ledger.open(new, BASE)
    assert _columns(migrated.db) == _columns(fresh.db), (
        "schema.sql differs from the newest released schema: after a release that takes a step in migrate.py;"
        " before it, a copy of schema.sql and additions.sql in tests/registry/ledger/schemas/"
    )
    assert faults(migrated.db) == []


def test_there_is_a_copy_of_every_version() -> None:
    assert [int(file.stem) for file in RELEASED] == list(range(1, migrate.newest() + 1))


def _step(db: sqlite3.Connection) -> None:
    db.execute("ALTER TABLE source ADD COLUMN colour TEXT NOT NULL DEFAULT 'blau'")


def _failing(db: sqlite3.Connection) -> None:
    db.execute("ALTER TABLE nowhere ADD COLUMN x")


def test_an_upgrade_keeps_everything_and_a_rollback_brings_it_back(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground.harvest([{"key": "a", "name": "Haus"}, {"key": "b", "name": "Hof"}])
    before = ground.ledger.digest("record"), ground.ledger.digest("entity")
    ground.ledger.close()
    with monkeypatch.context() as newer:
        newer.setattr(migrate, "STEPS", {2: _step})
        with pytest.raises(LedgerError, match="`orte init` migrates it"):
            Ledger.reader(ground.path)
        upgraded = Ledger.open(ground.path, BASE)
        assert upgraded.db.execute("SELECT colour FROM source").fetchall() == [("blau",)]
        assert (upgraded.digest("record"), upgraded.digest("entity")) == before
        upgraded.close()
    with pytest.raises(LedgerError, match="version 2, this program knows 1 at most"):
        Ledger.open(ground.path, BASE)
    restore(ground.path.with_name("ledger.sqlite.schema-1"), ground.path, BASE)
    ground.ledger = Ledger.open(ground.path, BASE, clock=ground.clock)
    assert (ground.ledger.digest("record"), ground.ledger.digest("entity")) == before


def test_a_step_that_fails_changes_nothing(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    ground.harvest([{"key": "a", "name": "Haus"}])
    ground.ledger.close()
    with monkeypatch.context() as newer:
        newer.setattr(migrate, "STEPS", {2: _step, 3: _failing})
        with pytest.raises(LedgerError, match="nowhere"):
            Ledger.open(ground.path, BASE)
    ledger = Ledger.open(ground.path, BASE)
    assert "colour" not in _columns(ledger.db)["source"]
    assert ledger.digest("record").live == 1


def test_nothing_is_migrated_while_another_process_uses_it(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "STEPS", {2: _step})
    with pytest.raises(LedgerError, match="uses the ledger"):
        Ledger.open(ground.path, BASE)
    assert "colour" not in _columns(ground.ledger.db)["source"]
