"""A replica is the same registry: same records, same entities under the same addresses, proved by the digests."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from harvesters.fetch import Fetcher, FetchSettings
from registry.api import create_app
from registry.check import Checker
from registry.config import Config
from registry.federation.replica import Copied, replicate
from registry.ledger import Ledger, LedgerError, entities
from registry.verify import verify, verify_peer
from tests.registry.federation import NoEngine, registry
from tests.registry.test_cli import orte


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
        told = {state.id: (state.state, state.reason) for state in ledger.sources() if state.last_run}
        assert told["eigene"] == ("ok", f"the state digests agree with those of {original.base}")
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


def test_a_registry_of_its_own_is_not_made_a_copy(tmp_path: Path, checker: Checker) -> None:
    """Not even one of the same address, such as the original itself: its log would be written over."""
    with registry(tmp_path / "a", checker) as original:
        original.harvest({"x": "Haus", "y": "Hof"})
        original.harvest({"y": "Hof"})
        before = original.ledger.db.execute("SELECT count(*), max(sequence) FROM activity").fetchall()
        with pytest.raises(LedgerError, match=r"a registry of its own; a copy of .* needs an empty one"):
            copy(original.ledger, tmp_path / "a")
        assert original.ledger.db.execute("SELECT count(*), max(sequence) FROM activity").fetchall() == before
        assert [state.id for state in original.ledger.sources()] == ["eigene"]
        assert all(one.good for one in verify(original.ledger, str(tmp_path / "a" / "ledger.sqlite")))


def test_what_a_typing_error_leaves_in_a_fresh_directory_is_nothing(tmp_path: Path, checker: Checker) -> None:
    with registry(tmp_path / "a", checker) as original:
        original.harvest({"x": "Haus"})
        data = tmp_path / "copy"
        data.mkdir()
        for wrong in ("nix", "ftp://orte.test", "http://127.0.0.1:9"):
            done = orte(data, "follow", wrong, "--once")
            assert done.returncode != 0
            assert "Traceback" not in done.stderr
            assert list(data.iterdir()) == []
        host = original.base.split("/")[2]
        settings = f'base_url = "{original.base}"\n[fetch]\nallow_private_hosts = ["{host}"]\n'
        (data / "registry.toml").write_text(settings)
        assert orte(data, "follow", original.base, "--once").returncode == 0
        other = orte(data, "follow", "http://orte.test", "--once")
        assert "a replica has that of its original" in other.stderr


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


def test_an_original_that_lies_about_its_digest_is_told(tmp_path: Path, checker: Checker) -> None:
    with registry(tmp_path / "a", checker) as original:
        original.harvest({"x": "Haus"})
        ledger = Ledger.open(tmp_path / "copy" / "ledger.sqlite", original.base)
        original.ledger.db.execute("UPDATE activity SET state = zeroblob(32) WHERE stream = 'record'")
        with Fetcher(
            FetchSettings(allow_private_hosts=(original.base.split("/")[2],), delay=0, max_retries=0)
        ) as fetch:
            done = replicate(ledger, fetch, locks=tmp_path / "locks")
        assert [one.agrees for one in done] == [False, True]
        held = {state.id: state.reason for state in ledger.sources() if state.state == "held"}
        assert "digest of record differs" in (held["peers"] or "")
        assert ledger.digest("record").live == 1
        ledger.close()


def test_what_was_merged_answers_with_its_winner_in_the_copy_too(tmp_path: Path, checker: Checker) -> None:
    with registry(tmp_path / "a", checker) as original:
        original.harvest({"x": "Haus", "y": "Hof", "z": "Hut"})
        ledger = Ledger.open(tmp_path / "copy" / "ledger.sqlite", original.base)
        copy(ledger, tmp_path / "copy")
        at = dict(
            original.ledger.db.execute("SELECT substr(r.iri, -1), e.iri FROM record r JOIN entity e ON e.id = r.entity")
        )
        number = dict(original.ledger.db.execute("SELECT iri, id FROM entity"))
        db, now = original.ledger.db, original.ledger.now
        with original.ledger.transaction():
            entities.redirect(db, number[at["x"]], at["y"], now())
        copy(ledger, tmp_path / "copy")
        assert _winner(ledger, at["x"]) == ("merged", at["y"])
        with original.ledger.transaction():
            entities.redirect(db, number[at["y"]], at["z"], now())
            entities.redirect(db, number[at["x"]], at["z"], now())  # nothing else of it changes
        fresh = Ledger.open(tmp_path / "fresh" / "ledger.sqlite", original.base)
        for one, folder in ((ledger, tmp_path / "copy"), (fresh, tmp_path / "fresh")):
            copy(one, folder)
            assert _winner(one, at["x"]) == _winner(one, at["y"]) == ("merged", at["z"])
            with TestClient(create_app(Config(data=folder, base_url=original.base), NoEngine())) as client:
                path = at["x"].removeprefix(original.base)
                answer = client.get(path, headers={"accept": "text/turtle"}, follow_redirects=False)
                assert (answer.status_code, answer.headers["location"]) == (301, at["z"])
            one.close()


def _winner(ledger: Ledger, iri: str) -> tuple[str, str | None]:
    found = ledger.entity(iri)
    assert found
    return found.status, found.winner
