"""What a registry notes in a store elsewhere: whose turn it is, and how far the store has come."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from registry.engine.remote.connection import Connection

MARK = "urn:orte:engine"
"""The graph of the note, and its one subject."""
TERM, POSITION = f"<{MARK}:term>", f"<{MARK}:position>"


@dataclass(frozen=True)
class Mark:
    """Whose term of office it is, and how far the store has come; no position while it is being filled."""

    term: str
    position: Mapping[str, Any] | None


def read_mark(connection: Connection) -> Mark | None:
    """The mark in a store, None where there is none. Raises RemoteError."""
    rows = connection.select(f"SELECT ?p ?o {{ GRAPH <{MARK}> {{ <{MARK}> ?p ?o }} }}")
    found = {f"<{row['p']['value']}>": row["o"]["value"] for row in rows}
    if TERM not in found:
        return None
    position = found.get(POSITION)
    return Mark(found[TERM], json.loads(position) if position else None)
