"""A clock that only moves when someone sleeps on it, and a fetcher that lives by it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from harvesters.fetch import Clock, Fetcher, FetchSettings
from tests.standins.server import StandIn

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass
class StillClock:
    """`slept` lists the seconds of every sleep; time starts at 2026-11-22 12:00 UTC."""

    slept: list[float] = field(default_factory=list)
    passed: float = 0.0

    def pass_by(self, seconds: float) -> None:
        self.passed += seconds

    def clock(self) -> Clock:
        return Clock(
            monotonic=lambda: self.passed,
            sleep=self._sleep,
            now=lambda: NOON + timedelta(seconds=self.passed),
            chance=lambda: 0.5,
        )

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.passed += seconds


def fetcher_for(
    *standins: StandIn, cache: Path | None = None, clock: StillClock | None = None, **settings: Any
) -> Fetcher:
    """A fetcher that may ask these stand-ins and never really sleeps; other settings as in `FetchSettings`."""
    settings.setdefault("allow_private_hosts", tuple(standin.host for standin in standins))
    settings.setdefault("delay", 0.0)
    return Fetcher(FetchSettings(**settings), cache=cache, clock=(clock or StillClock()).clock())
