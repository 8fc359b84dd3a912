"""Tokens: a partner's right to write the records of one source, or a curator's to judge, until it is taken back."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from registry.ledger import Ledger

_CURATOR = "curator: "
"""Before the name of a curator, where others have the id of a source; no id has a space."""

_NOBODY = bytes(32)


@dataclass(frozen=True)
class Token:
    """What is kept of a token. Times are UTC, ISO 8601."""

    id: str
    source: str
    created: str
    expires: str
    revoked: str | None


def create(ledger: Ledger, source: str, valid: timedelta) -> str:
    """A new token, `orte_{id}_{secret}`. It is shown this once: only a hash of the secret is kept."""
    identifier, secret = secrets.token_hex(4), secrets.token_hex(32)
    now = datetime.fromisoformat(ledger.clock())
    with ledger.transaction():
        ledger.db.execute(
            "INSERT INTO token VALUES (?, ?, ?, ?, ?, NULL)",
            (identifier, source, _hash(secret), ledger.now(), (now + valid).strftime("%Y-%m-%dT%H:%M:%SZ")),
        )
    return f"orte_{identifier}_{secret}"


def source_of(ledger: Ledger, text: str) -> str | None:
    """The source that a token may write; None when it is unknown, expired or revoked."""
    prefix, _, rest = text.partition("_")
    identifier, _, secret = rest.partition("_")
    row = ledger.db.execute(
        "SELECT source, hash FROM token WHERE id = ? AND revoked IS NULL AND expires > ?", (identifier, ledger.clock())
    ).fetchone()
    # An unknown token is compared, too, so that it takes as long as one of which only the secret is wrong.
    right = hmac.compare_digest(_NOBODY if row is None else row[1], _hash(secret))
    return str(row[0]) if right and row is not None and prefix == "orte" else None


def create_for_curator(ledger: Ledger, name: str, valid: timedelta) -> str:
    """A new token for a person who may judge; what is judged with it bears this name."""
    return create(ledger, f"{_CURATOR}{' '.join(name.split())}", valid)


def curator_of(ledger: Ledger, text: str) -> str | None:
    """The name of the curator whose token this is; None for any other."""
    found = source_of(ledger, text) or ""
    return found.removeprefix(_CURATOR) if found.startswith(_CURATOR) else None


def revoke(ledger: Ledger, identifier: str) -> bool:
    """Take a token back at once; False when there is none that holds."""
    with ledger.transaction():
        done = ledger.db.execute(
            "UPDATE token SET revoked = ? WHERE id = ? AND revoked IS NULL", (ledger.now(), identifier)
        )
    return done.rowcount > 0


def listing(ledger: Ledger) -> list[Token]:
    rows = ledger.db.execute("SELECT id, source, created, expires, revoked FROM token ORDER BY source, created")
    return [Token(*row) for row in rows]


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
