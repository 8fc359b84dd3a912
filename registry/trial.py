"""Try a source before it joins: read, lift and check some of it, and store nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from harvesters.fetch import Fetcher
from harvesters.harvest import Batch, Ended, harvest
from harvesters.lift import Lift
from harvesters.readers import READERS
from harvesters.reading import Context, Unreadable
from harvesters.source import Source
from registry.check import Checker
from registry.config import Config
from registry.harvesting import fetch_settings, gazetteer
from registry.ingest import records_of
from registry.ledger import Finding
from registry.record import Record

PAGES = frozenset(["sitemap-html", "wordpress", "first-of"])
"""Readers of web sites, of which one page can be tried by itself."""


@dataclass(frozen=True)
class Trial:
    """What came out: records, findings, entries that could not be read or lifted, and how the reading ended."""

    records: tuple[Record, ...]
    findings: tuple[Finding, ...]
    unreadable: tuple[Unreadable, ...]
    unlifted: tuple[tuple[str, str], ...]
    unread: frozenset[str]
    ended: Ended


def try_source(config: Config, source: Source, target: str | None, limit: int) -> Trial:
    """Read at most `limit` entries of a source, or of one page or file instead of its own address.

    A file is served to the reader over HTTP on the loopback interface, so that it takes the very way it would take.
    """
    known = gazetteer(config)
    lift = Lift(source.lift, source_id=source.id, records_base=f"{config.base_url}/sources/", gazetteer=known)
    with _address(target) as (address, host):
        allowed = (*config.fetch.allow_private_hosts, *([host] if host else []))
        settings = replace(
            fetch_settings(config, source.time_limit), allow_private_hosts=allowed, delay=0.0 if host else 1.0
        )
        with Fetcher(settings) as fetch:
            context = Context(fetch=fetch, since=None, districts=source.districts, notes=lambda line: None)
            return _tried(config, _aimed(source, address) if address else source, lift, context, limit)


def _tried(config: Config, source: Source, lift: Lift, context: Context, limit: int) -> Trial:
    records: list[Record] = []
    findings: list[Finding] = []
    unreadable: list[Unreadable] = []
    unlifted: list[tuple[str, str]] = []
    unread: set[str] = set()
    seen = 0
    ended = Ended("partial", f"stopped after {limit} entries, as asked", frozenset())
    for event in harvest(source, READERS[source.reader], lift, context, {}, batch_size=min(limit, 200)):
        if isinstance(event, Batch):
            unreadable += event.unreadable
            for fresh in event.fresh[: limit - seen]:
                good, problems = records_of(fresh, source, config.base_url)
                records += good
                findings += problems
                unread |= fresh.unread
                if fresh.lifted.reason:
                    unlifted.append((fresh.lifted.raw.key, fresh.lifted.reason))
            seen += len(event.fresh)
            if seen >= limit:
                break
        else:
            ended = event
    for found in Checker().check(records).values():
        findings += found
    return Trial(tuple(records), tuple(findings), tuple(unreadable), tuple(unlifted), frozenset(unread), ended)


def _aimed(source: Source, address: str) -> Source:
    """The same source, reading one address instead of its own."""
    if source.reader not in PAGES:
        return replace(source, read={**source.read, "url": address})
    ways: list[Mapping[str, Any]] = [source.read, *source.read.get("try", ())]
    rules: Mapping[str, Any] = next((way["page"] for way in ways if "page" in way), {})
    key = next((way["key"] for way in ways if "key" in way), "path")
    origin = "{0.scheme}://{0.netloc}/".format(urlsplit(address))
    read = {"url": origin, "pages": "", "addresses": [address], "page": rules, "key": key}
    return replace(source, reader="sitemap-html", read=read)


@contextmanager
def _address(target: str | None) -> Iterator[tuple[str | None, str | None]]:
    """The address to read, and the host to allow where it is a file of ours."""
    if target is None or target.startswith(("http://", "https://")):
        yield target, None
        return
    path = Path(target).resolve()
    if not path.is_file():
        raise FileNotFoundError(2, "there is no such file", target)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(path.parent)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        host = f"127.0.0.1:{server.server_port}"
        yield f"http://{host}/{quote(path.name)}", host
    finally:
        server.shutdown()
        server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """A trial prints its own findings."""
