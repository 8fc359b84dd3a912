"""How much one visitor may ask of what costs a lot: a bucket of tokens for each, refilled evenly."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable

from starlette.requests import Request

_MOST_VISITORS = 10_000


class Allowance:
    """So many tokens a minute for each visitor, and as many at once."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}  # tokens, and when there were so many

    def take(self, visitor: str, tokens: float = 1.0) -> float:
        """Seconds to wait until there are enough; 0 when there are, and then they are taken."""
        now = self._clock()
        left = self._tokens(visitor, now)
        if left < tokens:
            return (tokens - left) * 60 / self.per_minute
        self._left.pop(visitor, None)
        self._left[visitor] = (left - tokens, now)  # at the end: the first ones are those not seen for longest
        if len(self._left) > _MOST_VISITORS:
            del self._left[next(iter(self._left))]
        return 0.0

    def _tokens(self, visitor: str, now: float) -> float:
        left, then = self._left.get(visitor, (float(self.per_minute), now))
        return min(float(self.per_minute), left + (now - then) * self.per_minute / 60)


def visitor_of(request: Request) -> str:
    """Who asks: the address, of IPv6 the network of one household."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
