"""Tokens cannot be guessed: what is kept does not give them away, and neither do answers or the time they take."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from registry import tokens
from registry.ledger import Ledger
from tests.registry.conftest import BASE


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger.open(tmp_path / "ledger.sqlite", BASE)
    yield made
    made.close()


def test_a_token_is_random_and_only_its_hash_is_kept(ledger: Ledger) -> None:
    made = [tokens.create(ledger, "verein", timedelta(days=1)) for _ in range(50)]
    secrets = {token.rpartition("_")[2] for token in made}
    assert len(secrets) == 50
    assert all(len(bytes.fromhex(secret)) == 32 for secret in secrets), "256 bits: nobody gets there by trying"
    everything = "\n".join(ledger.db.iterdump())
    assert not any(secret in everything for secret in secrets)
    assert hashlib.sha256(made[0].rpartition("_")[2].encode()).hexdigest().upper() in everything.upper()


def test_every_wrong_token_is_compared_in_full_and_refused(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Structure instead of a stopwatch: whatever is wrong, one comparison of whole hashes in constant time is made."""
    good = tokens.create(ledger, "verein", timedelta(days=1))
    late = tokens.create(ledger, "verein", timedelta(days=-1))
    stopped = tokens.create(ledger, "verein", timedelta(days=1))
    assert tokens.revoke(ledger, stopped.split("_")[1])
    prefix, _, secret = good.rpartition("_")
    nearly = secret[:-1] + ("0" if secret[-1] != "0" else "1")
    compared: list[tuple[bytes, bytes]] = []
    real = hmac.compare_digest

    def watched(a: bytes, b: bytes) -> bool:
        compared.append((a, b))
        return real(a, b)

    monkeypatch.setattr("registry.tokens.hmac.compare_digest", watched)
    wrong = [
        f"{prefix}_{nearly}",
        f"{prefix}_{'0' * 64}",
        f"orte_00000000_{secret}",
        late,
        stopped,
        "",
        "orte",
        "x" * 5000,
    ]
    for number, text in enumerate(wrong, 1):
        assert tokens.source_of(ledger, text) is None, text[:80]
        assert len(compared) == number, text[:80]
    assert {len(side) for pair in compared for side in pair} == {32}
    assert tokens.source_of(ledger, good) == "verein"


@pytest.mark.parametrize(
    "text", ["orte_%_x", "orte_' OR 1=1 --_x", "orte__", "ORTE_a_b", "orte_a_b_c", "orte_\x00_\x00"]
)
def test_a_token_is_never_part_of_a_query(ledger: Ledger, text: str) -> None:
    tokens.create(ledger, "verein", timedelta(days=1))
    assert tokens.source_of(ledger, text) is None
