"""The catalogue that benchmarks run on is one that harvests could have left."""

from __future__ import annotations

from pathlib import Path

from benchmarks.generate import BASE, catalogue
from registry import search
from registry.ledger import Ledger
from registry.record import shift
from registry.renewal import renew_all
from registry.unify import unify


def test_a_generated_catalogue_is_what_unifying_its_records_gives(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "ledger.sqlite", BASE)
    entities = catalogue(ledger, 60)
    assert (unify(ledger), renew_all(ledger)) == (0, 0)
    for table, stream in (("record", "record"), ("entity", "entity")):
        total = bytes(32)
        for (digest,) in ledger.db.execute(f"SELECT digest FROM {table}"):
            total = shift(total, add=digest)
        assert ledger.digest(stream).digest == total
    assert search.follow(ledger) == entities
    found = search.find(ledger.db, search.Query(kind="site", text="Holzwerkstatt"))
    assert 0 < found.total < 60
    ledger.close()


def test_the_same_seed_gives_the_same_catalogue(tmp_path: Path) -> None:
    digests = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        ledger = Ledger.open(tmp_path / f"{name}.sqlite", BASE)
        catalogue(ledger, 20, seed)
        digests.append(ledger.digest("entity").hex)
        ledger.close()
    assert digests[0] == digests[1] != digests[2]
