"""How fast: a pause between requests to one host, longer pauses after failures, and the clock behind both."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Clock:
    """Time as the fetcher sees it; tests bring their own. Seconds; `chance` gives a number in [0, 1)."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = _utc_now
    chance: Callable[[], float] = field(default=random.SystemRandom().random)


class Pace:
    """When a host may be asked next: at least its delay after the last request began."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._next: dict[str, float] = {}

    def pause(self, host: str) -> float:
        """Seconds to wait before asking `host`; 0 when it may be asked now."""
        return max(0.0, self._next.get(host, 0.0) - self._clock.monotonic())

    def asked(self, host: str, delay: float) -> None:
        self._next[host] = self._clock.monotonic() + delay


def back_off(attempt: int, *, base: float, longest: float, chance: float) -> float:
    """Seconds before try number `attempt` + 1 (from 1): doubling, and half of it left to chance."""
    return float(min(longest, base * 2 ** (attempt - 1))) * (0.5 + chance / 2)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds the host asks us to wait (RFC 9110 §10.2.3: seconds or a date), `None` when it does not say."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:12])
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
