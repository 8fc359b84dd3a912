"""How old what a source says is, and whether that is older than it should be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from registry.ledger import SourceState

PATIENCE = 2.0
"""Intervals of its schedule after which a source that was not confirmed counts as stale; one may fail."""


@dataclass(frozen=True)
class Freshness:
    """`days` since a complete run last saw all of the source; None when none ever did."""

    state: Literal["fresh", "stale", "never"]
    days: int | None

    @property
    def stale(self) -> bool:
        return self.state != "fresh"


def freshness(source: SourceState, now: datetime | None = None) -> Freshness:
    """How fresh a source is now. One that is registered but never ran to its end is not stale, it has nothing."""
    if source.confirmed is None:
        return Freshness("never", None)
    age = (now or datetime.now(UTC)) - datetime.fromisoformat(source.confirmed)
    late = age.total_seconds() > PATIENCE * float(source.description.get("every") or 86_400)
    return Freshness("stale" if late else "fresh", max(0, age.days))
