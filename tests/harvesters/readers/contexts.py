"""A context for readers under test: a real fetcher, allowed to ask one stand-in, and in no hurry to be polite."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from harvesters.fetch import Fetcher, FetchSettings
from harvesters.reading import Context
from tests.standins.server import StandIn


def context(
    standin: StandIn, *, since: datetime | None = None, notes: list[str] | None = None, cache: Path | None = None
) -> Context:
    settings = FetchSettings(allow_private_hosts=(standin.host,), delay=0, max_retries=0, read_timeout=5)
    said = notes if notes is not None else []
    return Context(fetch=Fetcher(settings, cache=cache), since=since, districts=(), notes=said.append)
