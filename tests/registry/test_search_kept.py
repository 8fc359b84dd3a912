"""The sets behind lists as they are kept in the ledger: never something else than what the view says."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from registry import search
from registry.ledger import Ledger, entities
from registry.record import digest
from registry.search import Query, bitmaps, stale
from registry.search.bitmaps import Bitmaps, State
from tests.registry.test_search import BASE, CONCEPT, Thing, fill, thing


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(":memory:", isolation_level=None)
    search.create(db)
    fill(
        db,
        *(thing(f"s{n}", f"Haus {9 - n}", at=(51 + n / 10, 12), theme=["culture", "crafts"][n % 2]) for n in range(9)),
        thing("n", "Netz", kind="network"),
    )
    yield db
    db.close()


def read_anew(db: sqlite3.Connection) -> State:
    """The state as it is when nothing was kept."""
    db.execute("SAVEPOINT looking")
    db.execute("DELETE FROM search_sets")
    state = Bitmaps().state(db)
    db.execute("ROLLBACK TO looking")
    db.execute("RELEASE looking")
    return state


def assert_same(db: sqlite3.Connection, one: State, two: State) -> None:
    assert one.version == two.version
    assert one.kinds == two.kinds
    assert np.array_equal(one.degrees, two.degrees, equal_nan=True)
    assert np.array_equal(one.places, two.places, equal_nan=True)
    filled = [
        {facet: column for facet, column in state.columns.items() if len(column.entities)} for state in (one, two)
    ]
    assert filled[0].keys() == filled[1].keys()
    for facet, column in filled[0].items():
        other = filled[1][facet]
        assert column.values == other.values
        assert column.numbers.tolist() == other.numbers.tolist()
        assert column.entities.tolist() == other.entities.tolist()
        assert column.bitmaps == other.bitmaps
    for order in ("name", "modified"):
        assert one.ranks(db, order).tolist() == two.ranks(db, order).tolist()


@pytest.mark.parametrize("few", [0, 2000])
def test_what_was_kept_and_what_has_changed_since_make_the_present(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr("registry.search.bitmaps._FEW", few)
    bitmaps.keep(db)
    assert_same(db, Bitmaps().state(db), read_anew(db))
    fill(db, thing("s3", "Anders", theme="mobility"), thing("neu", "Aachen", at=(50.8, 6.1), theme="culture"))
    search.remove(db, f"{BASE}/site/s4")
    assert_same(db, Bitmaps().state(db), read_anew(db))
    bitmaps.keep(db)
    assert_same(db, Bitmaps().state(db), read_anew(db))
    search.clear(db)
    assert search.find(db, Query(), Bitmaps()).total == 0
    fill(db, thing("s3", "Wieder da", theme="crafts"))
    assert_same(db, Bitmaps().state(db), read_anew(db))


def test_a_reader_goes_on_where_the_sets_were_kept_and_reads_no_table_as_a_whole(db: sqlite3.Connection) -> None:
    bitmaps.keep(db)
    asked: list[str] = []
    db.set_trace_callback(asked.append)
    found = search.find(db, Query(facets={"theme": (f"{CONCEPT}theme/crafts",)}), Bitmaps())
    db.set_trace_callback(None)
    assert found.total == 4
    assert not [statement for statement in asked if "search_facet" in statement or "group_concat" in statement]


@pytest.mark.parametrize("spoil", [lambda content: content[:-4], lambda content: content[:40] + b"x" + content[41:]])
def test_what_was_kept_and_is_damaged_is_not_used(db: sqlite3.Connection, spoil: object) -> None:
    assert callable(spoil)
    bitmaps.keep(db)
    (content,) = db.execute("SELECT content FROM search_sets").fetchone()
    db.execute("UPDATE search_sets SET content = ?", (spoil(content),))
    assert_same(db, Bitmaps().state(db), read_anew(db))


def test_a_view_of_before_sets_were_kept_is_read_as_it_is(db: sqlite3.Connection) -> None:
    expected = search.find(db, Query())
    db.execute("DROP TABLE search_sets")
    assert search.find(db, Query()) == expected


def test_sets_are_kept_when_enough_has_changed(db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not search.unkept(db)  # ten entities are read in no time
    monkeypatch.setattr("registry.search.stale._SOME", 3)
    assert search.unkept(db)
    bitmaps.keep(db)
    assert not search.unkept(db)
    for number in range(3):
        fill(db, Thing(f"{BASE}/site/s{number}", "site", "", status="withdrawn"))
    assert not search.unkept(db)
    search.remove(db, f"{BASE}/site/s3")
    assert search.unkept(db)


def test_nothing_is_to_be_kept_where_nothing_was_indexed() -> None:
    assert not search.unkept(sqlite3.connect(":memory:"))


def test_who_follows_the_ledger_keeps_the_sets_of_a_large_view(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger.open(tmp_path / "ledger.sqlite", BASE)
    with ledger.transaction():
        number = entities.mint(ledger.db, BASE, "site", "a", "a", ledger.now())
        (iri,) = ledger.db.execute("SELECT iri FROM entity").fetchone()
        text = thing(iri.rpartition("/")[2], "Haus").nquads
        entities.put(ledger.db, number, text, digest(text), ledger.now(), None)
    search.follow(ledger)
    assert stale.version(ledger.db) == 0
    monkeypatch.setattr("registry.search.stale._SOME", 0)
    search.follow(ledger)
    assert stale.version(ledger.db) == Bitmaps().state(ledger.db).version > 0
    ledger.close()
