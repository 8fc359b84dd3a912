"""A replica is the same registry: same records, same entities under the same addresses, proved by the digests."""

from __future__ import annotations

from pathlib import Path

from harvesters.fetch import Fetcher, FetchSettings
from registry.check import Checker
from registry.ledger import Ledger
from registry.replica import Copied, replicate
from registry.verify import verify, verify_peer
from tests.registry.federation import registry


def copy(ledger: Ledger, folder: Path) -> list[Copied]:
    host = ledger.base.split("/")[2]
    with Fetcher(FetchSettings(allow_private_hosts=(host,), delay=0, max_retries=0), cache=folder / "cache") as fetch:
        found = replicate(ledger, fetch, locks=folder / "locks")
        assert all(one.good for one in verify_peer(ledger, ledger.base, fetch))
    return found


def test_a_replica_is_the_same_and_stays_so(tmp_path: Path, checker: Checker) -> None:
    with registry(tmp_path / "a", checker) as original, registry(tmp_path / "b", checker) as neighbour:
        neighbour.harvest({"fremd": "Nebenan"})
        original.harvest({str(n): f"Ort {n}" for n in range(300)})
        original.follow(neighbour.base)
        ledger = Ledger.open(tmp_path / "copy" / "ledger.sqlite", original.base)
        first = copy(ledger, tmp_path / "copy")
        assert [(one.members, one.live, one.agrees) for one in first] == [(301, 301, True)] * 2
        original.harvest({str(n): f"Ort {n}" for n in range(2, 300)} | {"7": "Neu"})
        second = copy(ledger, tmp_path / "copy")
        assert [(one.members, one.live) for one in second] == [(3, 299)] * 2
        assert [one.members for one in copy(ledger, tmp_path / "copy")] == [0, 0]
        for stream in ("record", "entity"):
            assert ledger.digest(stream).hex == original.ledger.digest(stream).hex
        columns = "SELECT iri, kind, status, modified FROM entity ORDER BY iri"
        assert ledger.db.execute(columns).fetchall() == original.ledger.db.execute(columns).fetchall()
        pairs = "SELECT r.iri, e.iri FROM record r JOIN entity e ON e.id = r.entity WHERE r.status = 'live' ORDER BY 1"
        assert ledger.db.execute(pairs).fetchall() == original.ledger.db.execute(pairs).fetchall()
        assert all(one.good for one in verify(ledger, str(tmp_path / "copy" / "ledger.sqlite")))
        ledger.close()


def test_a_damaged_copy_heals_itself(tmp_path: Path, checker: Checker) -> None:
    with registry(tmp_path / "a", checker) as original:
        original.harvest({str(n): f"Ort {n}" for n in range(5)})
        ledger = Ledger.open(tmp_path / "copy" / "ledger.sqlite", original.base)
        copy(ledger, tmp_path / "copy")
        original.harvest({str(n): f"Ort {n}" for n in range(4)})
        original.harvest({str(n): f"Ort {n}" for n in range(4)} | {"0": "Neu"})
        original.ledger.db.execute("DELETE FROM activity WHERE object LIKE '%/records/4'")  # its deletion, too
        copy(ledger, tmp_path / "copy")
        assert ledger.digest("record").live == 4
        ledger.close()
