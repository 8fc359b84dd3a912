"""Try a source before it joins: read, lift and check some of it, and store nothing."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_extension
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import orjson

from harvesters.fetch import Fetcher
from harvesters.fetch.decoding import decode
from harvesters.harvest import Batch, Ended, harvest
from harvesters.lift import Lift
from harvesters.readers import READERS
from harvesters.reading import Context, Item, RawRecord, Reader, Unreadable
from harvesters.source import Source
from harvesters.web_address import is_web_address
from registry.check import LateChecker
from registry.config import Config
from registry.harvesting import fetch_settings, gazetteer
from registry.ingest import problem, records_of
from registry.record import Record
from registry.report import Line, Report, of_lines

PAGES = frozenset(["sitemap-html", "wordpress", "first-of"])
"""Readers of web sites, of which one page can be tried by itself."""

DOCUMENTS = frozenset(["csv", "geojson", "json", "rdf"])
"""Readers of one document."""

_ELSEWHERE = frozenset(["file", "headers", "paging", "params", "robots", "since"])


class TrialError(Exception):
    """Why a document cannot be tried as a source's; one sentence for the person who handed it in."""


@dataclass(frozen=True)
class Trial:
    """What came out: records, the report, keys that the lift never read, how many entries there were, and the end."""

    records: tuple[Record, ...]
    report: Report
    unread: frozenset[str]
    entries: int
    ended: Ended


def try_source(config: Config, source: Source, target: str | None, limit: int) -> Trial:
    """Read at most `limit` entries of a source, or of one page or file instead of its own address.

    A file is served to the reader over HTTP on the loopback interface, so that it takes the very way it would take.
    """
    with _address(target) as (address, host):
        if not address:
            return _read(config, source, None, limit)
        aimed = _aimed(source, address)
        home = _home(source, Path(str(target)).name) if host else address
        return _read(config, aimed, host, limit, _at_home(READERS[aimed.reader], address, home))


def try_document(config: Config, source: Source, content: bytes, media_type: str, limit: int) -> Trial:
    """Read at most `limit` entries of a source from a document that somebody hands in, as the source would be read.

    A source that is one document (CSV, JSON, GeoJSON, RDF) is read by its own reader, one of web pages from a page.
    For any other, and for those of web pages also, a JSON list holds the raw entries as the lift gets them.

    Raises:
        TrialError: when the document is nothing that the source could be read from.
    """
    if source.reader == "push" and media_type == "text/csv":
        source = replace(source, reader="csv", read={"key": _key_column(content)})
    if source.reader in DOCUMENTS or (source.reader in PAGES and media_type == "text/html"):
        # the document alone: nothing that it points at, no secrets that are meant for the source
        own = {key: value for key, value in source.read.items() if key not in _ELSEWHERE}
        with TemporaryDirectory() as folder:
            file = Path(folder) / f"document{guess_extension(media_type) or '.json'}"
            file.write_bytes(content)
            with _address(str(file)) as (address, host):
                assert address is not None
                aimed = _aimed(replace(source, read=own), address)
                reader = _at_home(READERS[aimed.reader], address, str(source.read.get("url", "")))
                return _read(config, aimed, host, limit, reader)
    entries = _entries(source, content)
    return _read(config, source, None, limit, lambda _options, _context: iter(entries))


def _at_home(read: Reader, address: str, home: str) -> Reader:
    """The reader of a document that says the source's own address, where it has one, in place of the one at which it
    was read."""

    def moved(options: Mapping[str, Any], context: Context) -> Iterator[Item]:
        for item in read(options, context):
            if isinstance(item, RawRecord) and item.page:
                here = item.page.startswith(address) and not home
                item = replace(item, page=None if here else item.page.replace(address, home))
            yield item

    return moved


def _home(source: Source, name: str) -> str:
    """Where a file would lie at the source: the source's one document, or a page of its site."""
    home = str(source.read.get("url", "") or source.homepage)
    return home if source.reader in DOCUMENTS else urljoin(home, quote(name))


def _key_column(content: bytes) -> str:
    """The column of a partner's table that names a row: `key`, or `id`, as in JSON."""
    header = decode(content).text.lstrip("\ufeff").partition("\n")[0]
    names = {name.strip().strip('"') for name in re.split(r"[;,\t]", header)}
    for name in ("key", "id"):
        if name in names:
            return name
    raise TrialError("The table has no column 'key' or 'id', which names a row for ever.")


def _entries(source: Source, content: bytes) -> list[Item]:
    """Raw entries of a JSON list, or of one object: as the lift gets them, with `id` or `key` as their key."""
    try:
        document = orjson.loads(decode(content).text)
    except orjson.JSONDecodeError as error:
        kind = f"The source '{source.id}' is read from more than one document: hand in a JSON list of its entries"
        raise TrialError(f"{kind}. This is not JSON: {error}") from None
    items: list[Item] = []
    for number, entry in enumerate(document if isinstance(document, list) else [document], 1):
        if not isinstance(entry, dict):
            items.append(
                Unreadable(None, f"entry {number} is no object", str(entry)[:200], f"Eintrag {number} ist kein Objekt")
            )
            continue
        key = entry.get("key") or entry.get("id") or number
        page = next((entry[name] for name in ("page", "link", "url") if is_web_address(entry.get(name))), None)
        items.append(RawRecord(str(key), entry, page=page))
    return items


def _read(config: Config, source: Source, host: str | None, limit: int, reader: Reader | None = None) -> Trial:
    """Read, lift and check. `host` is one of ours that may be asked, and without pauses."""
    lift = Lift(
        source.lift, source_id=source.id, records_base=f"{config.base_url}/sources/", gazetteer=gazetteer(config)
    )
    allowed = (*config.fetch.allow_private_hosts, *([host] if host else []))
    settings = fetch_settings(config, source.time_limit)
    settings = replace(settings, allow_private_hosts=allowed, delay=0.0 if host else 1.0)
    with Fetcher(settings) as fetch:
        context = Context(fetch=fetch, since=None, districts=source.districts, notes=lambda line: None)
        return _tried(config, source, reader or READERS[source.reader], lift, context, limit)


def _tried(config: Config, source: Source, read: Reader, lift: Lift, context: Context, limit: int) -> Trial:
    records: list[Record] = []
    lines: list[Line] = []
    unread: set[str] = set()
    seen = 0
    ended = Ended("partial", f"stopped after {limit} entries, as asked", frozenset())
    for event in harvest(source, read, lift, context, {}, batch_size=min(limit, 200)):
        if isinstance(event, Batch):
            lines += [Line(problem("read", bad.reason, bad.found, bad.reason_de), bad.key) for bad in event.unreadable]
            for fresh in event.fresh[: limit - seen]:
                good, problems = records_of(fresh, source, config.base_url)
                records += good
                lines += [Line(one, fresh.lifted.raw.key, fresh.lifted.raw.page) for one in problems]
                unread |= fresh.unread
            seen += len(event.fresh) + len(event.unreadable)
            if seen >= limit:
                break
        else:
            ended = event
    found = LateChecker().check(records)
    lines += [Line(one, record.raw_key, record.page) for record in records for one in found[record.iri]]
    about = f"{config.base_url}/sources/{source.id}"
    report = of_lines(about, lines, entries=seen, records=len(records))
    return Trial(tuple(records), report, frozenset(unread), seen, ended)


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
