"""The log of a server: plain lines for a person who watches, or JSON lines for machines."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal

import orjson

Style = Literal["plain", "json"]
SERVER = "registry.server"
"""Logger of what a server says of itself; a person who watches is told without it."""

_MEMBERS = ("method", "route", "path", "status", "milliseconds", "bytes")


def configure(style: Style, request_id: Callable[[], str | None]) -> None:
    """Log to standard error: warnings and errors; as JSON the start and every request, too, with the id it has."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json(request_id) if style == "json" else logging.Formatter("%(levelname)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in ("registry.access", SERVER):
        logging.getLogger(name).setLevel(logging.INFO if style == "json" else logging.WARNING)


class _Json(logging.Formatter):
    """One JSON object per line: time, level, logger, message, request_id, and what a request was."""

    def __init__(self, request_id: Callable[[], str | None]) -> None:
        super().__init__()
        self._request_id = request_id

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": self._request_id(),
        }
        said |= {name: getattr(record, name) for name in _MEMBERS if hasattr(record, name)}
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(said, default=str).decode()
