"""robots.txt as RFC 9309 has it: what may be fetched, and how fast."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from protego import Protego

from harvesters.fetch.errors import FetchError, RobotsForbidden
from harvesters.fetch.response import BadStatus, Response

PRODUCT = "Orte"
_MAX_BYTES = 512 * 1024  # RFC 9309 §2.5: at least 500 KiB are read, the rest may be ignored


class Robots:
    """The rules of every host asked so far; `get` fetches a robots.txt without asking for permission."""

    def __init__(self, get: Callable[[str], Response], *, max_crawl_delay: float) -> None:
        self._get = get
        self._max_crawl_delay = max_crawl_delay
        self._rules: dict[str, Protego | FetchError] = {}

    def require(self, url: str) -> None:
        """Raises `RobotsForbidden`, or why the host cannot be reached at all."""
        rules = self._of(url)
        if isinstance(rules, FetchError):
            raise rules
        if not rules.can_fetch(url, PRODUCT):
            raise RobotsForbidden(url, f"is not asked: {_address(url)} forbids it to {PRODUCT}.")

    def crawl_delay(self, url: str) -> float:
        """Seconds the host wants between two requests, capped; 0 when it does not say or was not asked."""
        rules = self._rules.get(_address(url))
        if rules is None or isinstance(rules, FetchError):
            return 0.0
        delay = float(rules.crawl_delay(PRODUCT) or 0.0)
        return min(delay, self._max_crawl_delay) if delay > 0 else 0.0  # "nan" and negative ones occur

    def _of(self, url: str) -> Protego | FetchError:
        address = _address(url)
        if address not in self._rules:
            self._rules[address] = self._read(address)
        return self._rules[address]

    def _read(self, address: str) -> Protego | FetchError:
        try:
            text = self._get(address).content[:_MAX_BYTES].decode("utf-8", "replace")
        except BadStatus as error:
            # §2.3.1.3: 4xx means there are no rules; but 429 is no answer to the question.
            if error.status != 429 and error.status < 500:
                return Protego.parse("")
            return RobotsForbidden(
                address,
                f"answered {error.status}, so this host is left alone for now (RFC 9309); the next run tries again.",
            )
        except FetchError as error:
            return error
        return Protego.parse(text.lstrip("\ufeff"))


def _address(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/robots.txt"
