"""`orte init`, `orte serve` and `orte run`.

A server imports what its first visitors need; what harvests and publishes comes a little later, or not at all.
"""

from __future__ import annotations

import logging
import math
import signal
import socket
import sqlite3
import sys
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from threading import Thread, Timer
from typing import Annotated

import typer

from harvesters.gazetteer import GazetteerError
from registry import logs, search
from registry.ahead import remember
from registry.cli.terminal import say
from registry.config import FILE, Config, load
from registry.ledger import Ledger, LedgerError
from registry.schedule import Round, Schedule
from registry.search import Bitmaps, Query, find
from registry.uncollected import uncollected

TEMPLATE = """\
# Settings of this registry; docs/operations.md explains every one. What is not set has a default that works.

# The address under which people and programs reach the registry. All IRIs begin with it: choose it before the first
# harvest, for it cannot change afterwards.
base_url = "http://127.0.0.1:8000"

# Who runs the registry, and how the operators of harvested sites can reach you (an address or mailbox).
publisher = "Orte"
contact = ""

# [server]
# port = 8000

# [sources.openfairdb]
# enabled = false
"""

SOON = 2.0
"""Seconds between two looks at whether peers are to be told of something."""

SETTLE = 3.0
"""Seconds in which a server comes up undisturbed before the first harvest begins."""

DUMPING = 0.1
"""Part of the time that a server may spend on writing dumps."""


class LogStyle(StrEnum):
    """How a server logs."""

    PLAIN = "plain"
    JSON = "json"


Port = Annotated[int | None, typer.Option("--port", help="Port to listen on, instead of the one in registry.toml.")]
Host = Annotated[str | None, typer.Option("--host", help="Address to listen on, instead of the one in registry.toml.")]

Log = Annotated[LogStyle | None, typer.Option("--log", help="How to log, instead of the setting in registry.toml.")]


def init(context: typer.Context) -> None:
    """Make a data directory with settings and an empty ledger."""
    data: Path = context.obj
    data.mkdir(parents=True, exist_ok=True)
    file = data / FILE
    if not file.exists():
        file.write_text(TEMPLATE, encoding="utf-8")
    config = load(data)
    Ledger.open(config.ledger, config.base_url).close()
    typer.echo(f"{data} is ready; settings are in {file}")


def serve(context: typer.Context, host: Host = None, port: Port = None, log: Log = None) -> None:
    """Serve the catalogue; nothing is harvested."""
    _end_in_order()
    config = _logging(load(context.obj), log)
    Ledger.open(config.ledger, config.base_url).close()
    listening = _listen(config, host, port)
    finishing = Schedule(config.data, (_publish(config),), delay=SETTLE, tick=math.inf)
    with Schedule(config.data, (_dumps(config),)), _notifying(config), finishing:
        _serve(config, listening)


def _publish(config: Config) -> Round:
    """Finish what a harvest that was killed had left undone, in a process of its own: visitors do not wait for it."""

    def needed() -> bool:
        from registry import publishing  # once it is here, the pages that need it are as quick as all others

        ledger = Ledger.reader(config.ledger)
        try:
            return publishing.unpublished(ledger, config) or search.unkept(ledger.db)
        finally:
            ledger.close()

    return Round(("publish",), needed)


def _notifying(config: Config) -> AbstractContextManager[object]:
    """Tell peers what has changed, beside whatever else is done."""
    if not config.feed.notify:
        return nullcontext()
    from registry.federation.notifying import waiting

    return Schedule(config.data, (Round(("notify",), lambda: waiting(config)),), delay=SOON, tick=SOON)


def publish(context: typer.Context) -> None:
    """Bring the catalogue and search up to date with the records, as every harvest does at its end."""
    from registry import harvesting, publishing

    config = load(context.obj)
    try:
        known = harvesting.gazetteer(config)
    except GazetteerError:  # a harvest says what is wrong with it; all but the coverage can be published
        known = None
    publishing.publish(Ledger.open(config.ledger, config.base_url), known)


def run(context: typer.Context, host: Host = None, port: Port = None, log: Log = None) -> None:
    """Serve the catalogue, and harvest in the background what is due, now and on schedule."""
    from registry import harvesting
    from registry.cli.harvest import watched
    from registry.cli.naming import named

    _end_in_order()
    config = _logging(load(context.obj), log)
    listening = _listen(config, host, port)  # before the harvest: a used port is said at once
    enabled = named(config, None)
    ledger = Ledger.open(config.ledger, config.base_url)
    harvesting.close_interrupted(config, ledger)
    wanted = harvesting.due(ledger, enabled)
    try:  # what comes from a file is there before the first visitor; nobody waits for the web
        watched(config, ledger, [one for one in wanted if one.reader == "records-file"], quiet=False)
    except GazetteerError as error:  # what is there can be served all the same
        say(f"nothing was harvested: {error}", err=True)
    ledger.close()
    rounds, news = (_harvest(config), _dumps(config)), harvesting.News(config)
    with Schedule(config.data, rounds, delay=SETTLE, news=news), _notifying(config):
        _serve(config, listening)


def _harvest(config: Config) -> Round:
    """Harvest what is due; a source that hangs is ended."""
    from registry import harvesting

    watch = harvesting.Watch(config)
    return Round(("harvest", "--due"), overdue=watch.overdue, killed=watch.ended)


def _end_in_order() -> None:
    """Have a termination end what the server has others do, too; uvicorn raises the signal again when it has ended."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())


def _logging(config: Config, style: LogStyle | None) -> Config:
    return replace(config, server=replace(config.server, log=style.value)) if style else config


def _dumps(config: Config) -> Round:
    """Write the dumps anew when the ledger has moved: all of them, and so not with every partner's every word."""

    def needed() -> bool:
        from registry.dcat.manifest import read_manifest

        ledger = Ledger.reader(config.ledger)
        try:
            return not read_manifest(config).shows(ledger)
        finally:
            ledger.close()

    return Round(("dump",), needed, share=DUMPING)


def _listen(config: Config, host: str | None, port: int | None) -> socket.socket:
    where = (host or config.server.host, config.server.port if port is None else port)
    family = socket.AF_INET6 if ":" in where[0] else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(where)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else "there are ports from 0 to 65535 only"
        raise LedgerError(
            f"cannot listen on {where[0]}:{where[1]}: {reason}; choose another --host or --port"
        ) from None
    return listening


def _serve(config: Config, listening: socket.socket) -> None:
    bitmaps = Bitmaps()
    Thread(target=_warm, args=(config, bitmaps), daemon=True).start()  # while this one loads what follows

    with uncollected():  # only servers wait for the web framework to load
        import uvicorn

        from registry.api import create_app, protocol, request_id
        from registry.cli.server import Server

    host, port = listening.getsockname()[:2]
    logs.configure("json" if config.server.log == "json" else "plain", request_id.get)
    server = Server(
        uvicorn.Config(
            create_app(config, bitmaps=bitmaps), log_config=None, access_log=False, server_header=False,
            timeout_graceful_shutdown=5,
            timeout_keep_alive=15, limit_concurrency=config.limits.connections,
            http=protocol(config.limits.request_seconds),
        )
    )  # fmt: skip

    def ready() -> None:
        _say(config, f"Orte serves {config.base_url} – open http://{host}:{port} (Ctrl+C ends it)")
        remembering.start()

    remembering = Timer(1.0, remember)
    remembering.daemon = True
    server.when_ready = ready
    server.run(sockets=[listening])


def _say(config: Config, text: str) -> None:
    """To whoever watches; in a log for machines a line like all others."""
    if config.server.log == "json":
        logging.getLogger(logs.SERVER).info(text)
    else:
        say(text, err=True)


def _warm(config: Config, bitmaps: Bitmaps) -> None:
    """Read the sets behind lists before anybody asks for one: 0.6 s at 100,000 sites."""
    with suppress(LedgerError, sqlite3.Error):  # whoever asks next says so
        ledger = Ledger.reader(config.ledger)
        find(ledger.db, Query(limit=1), bitmaps)
        ledger.close()
