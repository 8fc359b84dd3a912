"""What came back: every answer by kind and minute, and everything that nobody intended, by name."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

BROKEN = 0
"""Stands for the status of an answer that broke off or never came."""
IDLE = 2.0
"""Seconds after which a connection is made anew: the server closes those that nobody uses, and may at any moment."""
INTENDED: Mapping[str, frozenset[int]] = {
    "page again": frozenset({200, 304}),
    "feed": frozenset({200, 304}),
    # Others' heavy queries may take all workers for a moment; that is said, and when to come again.
    "sparql": frozenset({200, 503}),
    "hostile": frozenset({BROKEN, 200, 400, 429, 503}),
    "write: new": frozenset({201}),
    "write: too late": frozenset({412}),
    "write: does not fit": frozenset({422}),
    "write: no RDF": frozenset({422}),
    "write: many, one bad": frozenset({422}),
    "write: unknown syntax": frozenset({415}),
    "write: no token": frozenset({401}),
    "write: delete unknown": frozenset({404}),
    "read: deleted": frozenset({410}),
}
"""Statuses that a kind of request is meant to get; of all others it is 200."""


@dataclass
class Tally:
    """Answers of one run; several threads add to it."""

    began: float = field(default_factory=time.monotonic)
    times: defaultdict[tuple[str, int], list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def minute(self) -> int:
        return int((time.monotonic() - self.began) // 60)

    def add(self, kind: str, status: int, seconds: float) -> None:
        with self.lock:
            self.times[kind, self.minute()].append(seconds)
            self.statuses[kind, status] += 1

    def fail(self, sentence: str) -> None:
        """Something that is wrong whatever its status was."""
        with self.lock:
            self.failures[sentence] += 1

    def not_intended(self) -> dict[str, int]:
        with self.lock:
            wrong = {
                f"{kind} {status or 'broken off'}": number
                for (kind, status), number in self.statuses.items()
                if status not in INTENDED.get(kind, frozenset({200}))
            }
            return wrong | dict(self.failures)

    def refused(self) -> dict[str, int]:
        """Answers that are errors, and were meant to be."""
        with self.lock:
            return {
                f"{kind} {status or 'broken off'}": number
                for (kind, status), number in sorted(self.statuses.items())
                if (status >= 400 or status == BROKEN) and status in INTENDED.get(kind, frozenset())
            }

    def of(self, minute: int | None, *kinds: str) -> list[float]:
        """Seconds that answers took, sorted: in one minute or in all; of some kinds ("write" is all that begin so)."""
        with self.lock:
            return sorted(
                seconds
                for (kind, when), found in self.times.items()
                if (minute is None or when == minute)
                and (not kinds or kind.partition(":")[0] in kinds or kind in kinds)
                for seconds in found
            )


class Loop(threading.Thread):
    """Does its turn again and again until it is told to stop; an exception in it is counted, and it goes on."""

    def __init__(
        self, address: str, tally: Tally, stop: threading.Event, pause: float, host: str = "127.0.0.1"
    ) -> None:
        super().__init__(daemon=True)
        self.tally, self.stop, self.pause, self.host = tally, stop, pause, host
        self.netloc = urlsplit(address).netloc
        self.connection = self.connect()
        self.used = 0.0

    def connect(self) -> http.client.HTTPConnection:
        """A connection from the address of this visitor: all of 127.0.0.0/8 is this machine."""
        return http.client.HTTPConnection(self.netloc, timeout=120, source_address=(self.host, 0))

    def run(self) -> None:
        while not self.stop.wait(self.pause):
            try:
                self.turn()
            except Exception as error:  # an hour must not end over one of its loops
                self.connection.close()
                self.tally.fail(f"{type(self).__name__}: {type(error).__name__}: {error}")
                self.stop.wait(1)
        self.connection.close()

    def turn(self) -> None:
        """One round of what this loop does."""

    def ask(
        self, kind: str, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Send one request, count what comes, and give it: status, headers in lower case, content."""
        status, said, content = BROKEN, {}, b""
        began = time.perf_counter()
        if began - self.used > IDLE:
            self.connection.close()
        try:
            self.connection.request(method, path, body=body, headers=dict(headers))
            answer = self.connection.getresponse()
            content = answer.read()
            status, said = answer.status, {name.lower(): value for name, value in answer.getheaders()}
        except (OSError, http.client.HTTPException):
            self.connection.close()
        self.used = time.perf_counter()
        self.tally.add(kind, status, self.used - began)
        return status, said, content


def at(times: list[float], share: float) -> float:
    """Milliseconds within which so large a share of sorted times lies."""
    return 1000 * times[min(len(times) - 1, int(share * len(times)))] if times else 0.0


def rows(tally: Tally) -> list[dict[str, Any]]:
    """A row for each kind: answers, median and 99th percentile."""
    kinds = sorted({kind for kind, _ in tally.statuses})
    return [
        {"kind": kind, "answers": len(times), "p50_ms": at(times, 0.5), "p99_ms": at(times, 0.99)}
        for kind in kinds
        for times in [tally.of(None, kind)]
    ]
