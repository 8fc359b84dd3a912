"""Rebuild every view from the ledger, and prove that it says the same."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import pyoxigraph as ox

from registry import inference, search
from registry.engine import Remote
from registry.engine.remote.keeping import refill
from registry.ledger import Ledger
from registry.project import Follower
from registry.renewal import renew_all
from registry.unify import rework, unify


def rebuild(ledger: Ledger, path: str, remote: Remote | None = None) -> dict[str, Any]:
    """Compare and describe everything anew, fill search anew, ask the rules anew, load the engine's store once.

    An engine elsewhere is filled anew, too; raises RemoteError when it cannot be.
    Returns the digest of all entities before and after; they differ only when the rules of merging changed.
    """
    began = perf_counter()
    unify(ledger)
    before = ledger.digest("entity")
    rework(ledger)
    renew_all(ledger)
    search.rebuild(ledger)
    inference.rebuild(ledger)
    store = ox.Store()
    Follower(path).load(store)
    if remote:
        refill(Follower(path), remote)
    after = ledger.digest("entity")
    return {
        "entities": after.live,
        "quads": len(store),
        "before": before.hex,
        "digest": after.hex,
        "same": before.digest == after.digest,
        "seconds": round(perf_counter() - began, 2),
    }
