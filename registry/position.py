"""Whether a store that outlives us holds the projection of this ledger, as this program makes it."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from registry import assets
from registry.ledger import Ledger


def seal(ledger: Ledger, sequence: int) -> str:
    """What tells the activity at a sequence from that of any other ledger, or of one with another history."""
    row = ledger.db.execute(
        "SELECT object, published, hex(state) FROM activity WHERE sequence = ?", (sequence,)
    ).fetchone()
    return " ".join(row) if row else ""


@cache
def edition() -> str:
    """Changes when something else would be projected from the same ledger: other code, or another vocabulary."""
    here = Path(__file__).parent
    files = [here / "project.py", here / "identity" / "statements.py", *sorted(assets.ontology_dir().glob("*.ttl"))]
    for package in ("coverage", "inference"):
        files += sorted((here / package).glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
