"""The process that writes what partners write, as those see it who have something written.

It is done in a process of its own: what strangers send is parsed and checked where it can be killed, and the API
itself never writes.
"""

from __future__ import annotations

import base64
import threading
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from registry.config import Config
from registry.worker import Worker, WorkerFailed

MEMORY = 2048
"""MiB of address space that the process may use."""
LIFTED = ("application/json", "text/csv")
"""Media types that only the source's lift understands."""


@dataclass(frozen=True)
class Request:
    """`keys` are those of the records that are put or deleted; without any, the body says which (bulk)."""

    method: str
    source: str
    key: str | None = None
    content: bytes = b""
    media_type: str = ""
    if_match: str | None = None


@dataclass(frozen=True)
class Written:
    """What came of it: an HTTP status; changes by kind, or the problem; findings; the digest of a single record."""

    status: int
    changes: dict[str, int]
    problem: str | None = None
    findings: tuple[dict[str, Any], ...] = ()
    digest: str | None = None


class Writer:
    """One process that writes, one request at a time; started with the first one. Several threads may ask."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._worker = Worker("registry.writes:serve", memory=MEMORY)
        self._turn = threading.Lock()

    def write(self, request: Request, seconds: float) -> Written:
        asked = {**asdict(request), "content": base64.b64encode(request.content).decode(), "seconds": seconds,
                 "data": str(self._config.data)}  # fmt: skip
        try:
            with self._turn:
                answer = orjson.loads(self._worker.ask(orjson.dumps(asked), seconds))
        except WorkerFailed as error:
            return Written(503, {}, f"It could not be written: {error}; nothing was changed, or all of it; ask again")
        return Written(**{**answer, "findings": tuple(answer["findings"])})

    def close(self) -> None:
        self._worker.close()
