"""Kill -9 at random moments of everything that writes: what was acknowledged stays, and the next try makes it whole."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from registry import feed, ingest, search, unify
from registry.config import Config
from registry.ledger import Ledger, LedgerError
from registry.ledger.backup import backup, examine, restore
from registry.ledger.integrity import faults
from registry.rebuild import rebuild
from tests.faults.killing import Acknowledge, Life, Unchecked, live, moments
from tests.registry.conftest import BASE, Ground

BEFORE = [{"key": f"ort-{n}", "name": f"Ort {n}", "text": "Alt", "desk": n % 3 == 0} for n in range(120)]
AFTER = [
    {"key": f"ort-{n}", "name": f"Ort {n}", "text": "Neu" if n % 2 else "Alt", "desk": n % 4 == 0, "house": "ort-7"}
    for n in range(10, 300)
]


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many transactions, so that most moments lie between two of them or within one."""
    monkeypatch.setattr(ingest, "BATCH", 15)
    monkeypatch.setattr(unify, "BATCH", 15)
    monkeypatch.setattr("registry.search.following.BATCH", 15)


@dataclass(frozen=True)
class Place:
    """A registry that was harvested once, to be copied for every try."""

    folder: Path
    tmp: Path
    say: Callable[[str, object], None]

    def copy(self, name: str) -> Path:
        folder = self.tmp / name
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder)
        return folder


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filled")
    life = live(lambda acknowledge: _harvest(folder, BEFORE, acknowledge))
    assert not life.killed
    return folder


@pytest.fixture
def place(filled: Path, tmp_path: Path, record_property: Callable[[str, object], None]) -> Place:
    return Place(filled, tmp_path, record_property)


def _ground(folder: Path) -> Ground:
    return Ground(folder, Unchecked())  # type: ignore[arg-type]


def _read(folder: Path, items: list[dict[str, Any]], acknowledge: Acknowledge) -> None:
    """Into the ledger, and no further; acknowledges how many records are live after every batch."""
    ground = _ground(folder)
    commit = ground.ledger.transaction

    def counted() -> Any:
        return _Acknowledging(commit(), lambda: acknowledge(_live(folder)))

    ground.ledger.transaction = counted  # type: ignore[method-assign]
    ground.take(items)


def _harvest(folder: Path, items: list[dict[str, Any]], acknowledge: Acknowledge) -> None:
    _read(folder, items, acknowledge)
    _publish(folder, acknowledge)


def _publish(folder: Path, _: Acknowledge) -> None:
    ledger = _open(folder)
    unify.unify(ledger)
    search.follow(ledger)
    feed.announce_runs(ledger)


class _Acknowledging:
    """A transaction that says when it is durable."""

    def __init__(self, inner: Any, then: Callable[[], None]) -> None:
        self.inner, self.then = inner, then

    def __enter__(self) -> None:
        self.inner.__enter__()

    def __exit__(self, *error: Any) -> None:
        self.inner.__exit__(*error)
        self.then()


def _open(folder: Path) -> Ledger:
    return Ledger.open(folder / "ledger.sqlite", BASE)


def _live(folder: Path) -> int:
    with sqlite3.connect(folder / "ledger.sqlite") as db:
        return int(db.execute("SELECT max(sequence) FROM activity").fetchone()[0] or 0)


def _state(folder: Path) -> dict[str, Any]:
    """Everything that must be the same whatever happened on the way."""
    ledger = _open(folder)
    assert faults(ledger.db) == []
    try:
        return {
            "records": (ledger.digest("record").hex, ledger.digest("record").live),
            "entities": (ledger.digest("entity").hex, ledger.digest("entity").live),
            "search": sorted(ledger.db.execute("SELECT iri, kind, name FROM search_entity")),
            "facets": sorted(
                ledger.db.execute(
                    "SELECT e.iri, v.facet, v.value FROM search_facet f JOIN search_entity e ON e.id = f.entity"
                    " JOIN search_value v ON v.id = f.value"
                )
            ),
            "text": sorted(ledger.db.execute("SELECT name, services, words FROM search_text")),
        }
    finally:
        ledger.close()


def _storm(place: Place, what: str, action: Callable[[Path, Acknowledge], None]) -> list[tuple[Path, Life]]:
    """Let an action run once in peace, then kill it at random moments, each time in a fresh copy."""
    calm = place.copy("calm")
    seconds = live(lambda acknowledge: action(calm, acknowledge)).seconds
    lives = []
    for number, moment in enumerate(moments(what)):
        folder = place.copy(f"{what}-{number}")
        life = live(lambda acknowledge, at=folder: action(at, acknowledge), moment * seconds)
        lives.append((folder, life))
        if not life.killed:  # sooner at its end than the one before: the machine was busy then
            seconds = min(seconds, life.seconds)
    place.say("tries", len(lives))
    place.say("killed", sum(life.killed for _, life in lives))
    assert any(life.killed for _, life in lives), "every kill came too late to mean anything"
    return lives


def test_harvest(place: Place) -> None:
    """Acknowledged batches are there; the next harvest makes of the rest what an undisturbed one makes."""
    for folder, life in _storm(place, "harvest", lambda at, acknowledge: _harvest(at, AFTER, acknowledge)):
        with sqlite3.connect(folder / "ledger.sqlite") as db:
            assert faults(db) == []
        assert _live(folder) >= life.acknowledged
        _again(folder, lambda at, acknowledge: _harvest(at, AFTER, acknowledge))
        assert _state(folder) == _state(place.tmp / "calm")


def test_unify_and_search(place: Place) -> None:
    for folder in (read := Place(place.copy("read"), place.tmp, place.say)).folder, place.copy("expected"):
        _again(folder, lambda at, acknowledge: _read(at, AFTER, acknowledge))
    _again(place.tmp / "expected", _publish)
    for folder, _ in _storm(read, "publish", _publish):
        _again(folder, _publish)
        assert _state(folder) == _state(place.tmp / "expected")


def test_rebuild(place: Place) -> None:
    def action(folder: Path, _: Acknowledge) -> None:
        assert rebuild(_open(folder), str(folder / "ledger.sqlite"))["same"]

    expected = _state(place.folder)
    for folder, _ in _storm(place, "rebuild", action):
        _again(folder, _publish)  # what the next start of a server does
        assert _state(folder) == expected


def test_writing_feeds(place: Place) -> None:
    """No half file under a name that a web server would serve; a second export is the same as an undisturbed one."""

    def action(folder: Path, _: Acknowledge) -> None:
        config = Config(data=folder, base_url=BASE)
        feed.export(Ledger.reader(config.ledger), config, folder / "feeds")

    for folder, _ in _storm(place, "feeds", action):
        for file in (folder / "feeds").rglob("*.trig"):
            list(ox.parse(path=str(file), format=ox.RdfFormat.TRIG, base_iri=BASE))
        _again(folder, action)
        assert _files(folder / "feeds") == _files(place.tmp / "calm" / "feeds")


def test_backup(place: Place) -> None:
    """Under its name there is a whole backup or none."""
    expected = _state(place.folder)["records"][0]

    def action(folder: Path, _: Acknowledge) -> None:
        backup(folder / "ledger.sqlite", folder / "sicherung")

    for folder, life in _storm(place, "backup", action):
        assert (folder / "sicherung").exists() or life.killed
        if (folder / "sicherung").exists():
            assert examine(folder / "sicherung").records == expected
        _again(folder, action)
        assert examine(folder / "sicherung").records == expected
        assert _state(folder)["records"][0] == expected


def test_restore(place: Place) -> None:
    """The ledger is the old one or the restored one, never something between; the old one is never lost."""
    now = place.copy("now")
    backup(now / "ledger.sqlite", place.tmp / "sicherung")
    then = examine(place.tmp / "sicherung").records
    _again(now, lambda at, acknowledge: _harvest(at, AFTER, acknowledge))
    old = _state(now)["records"][0]

    def action(folder: Path, _: Acknowledge) -> None:
        restore(place.tmp / "sicherung", folder / "ledger.sqlite", BASE)

    for folder, _ in _storm(Place(now, place.tmp, place.say), "restore", action):
        found = _state(folder)["records"][0]
        assert found in (old, then)
        kept = [file for file in folder.glob("ledger.sqlite.before-*") if file.name[-4:] not in ("-wal", "-shm")]
        assert found == old or any(_records(file) == old for file in kept)
        _again(folder, action)
        assert _state(folder)["records"][0] == then


def _records(file: Path) -> str | None:
    try:
        ledger = Ledger.reader(file)
    except LedgerError:
        return None
    return ledger.digest("record").hex


def _again(folder: Path, action: Callable[[Path, Acknowledge], None]) -> None:
    assert not live(lambda acknowledge: action(folder, acknowledge)).killed


def _files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
