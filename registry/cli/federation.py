"""`orte verify`, `orte dump` and `orte follow`: prove what is held, write it down for portals, keep a copy."""

from __future__ import annotations

import signal
import threading
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console

from harvesters.fetch import Fetcher, FetchError
from harvesters.ldes import FeedFailed
from harvesters.web_address import is_web_address
from registry.cli.terminal import say
from registry.config import FILE, Config, load
from registry.dcat import announce
from registry.dcat.dumps import write_dumps
from registry.federation.notifying import notify as notify_peers
from registry.federation.peers import PEER_DELAY
from registry.federation.replica import replicate
from registry.harvesting import fetch_settings
from registry.ledger import Ledger
from registry.locks import AlreadyHarvesting
from registry.querying import remote
from registry.verify import verify as verify_all
from registry.verify import verify_peer


def verify(
    context: typer.Context,
    peer: Annotated[str, typer.Option("--peer", metavar="URL", help="Compare with this registry.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Prove that ledger, engine and search agree, or that we hold what a peer holds. Exits with 1 when they do not."""
    config = load(context.obj)
    ledger = Ledger.reader(config.ledger)
    if peer:
        with Fetcher(fetch_settings(config, timedelta(minutes=1))) as fetch:
            findings = verify_peer(ledger, peer, fetch)
    else:
        findings = verify_all(ledger, str(config.ledger), remote(config))
    if as_json:
        say(orjson.dumps([asdict(one) for one in findings], option=orjson.OPT_INDENT_2))
    else:
        for one in findings:
            say(f"{'same' if one.good else 'DIFFERENT'}\t{one.what}\t{one.found}")
    if not all(one.good for one in findings):
        raise typer.Exit(1)


def notify(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False
) -> None:
    """Tell peers (feed.notify) that our records have changed, those whose time has come; a server does so by itself."""
    config = load(context.obj)
    told = notify_peers(Ledger.open(config.ledger, config.base_url), config)
    if as_json:
        say(orjson.dumps([asdict(one) for one in told], option=orjson.OPT_INDENT_2))
    else:
        for one in told:
            say(f"{one.inbox}\t{one.problem or 'told'}")


def dump(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False
) -> None:
    """Write the dumps that /catalog describes, when anything has changed; a server does so by itself."""
    config = load(context.obj)
    ledger = Ledger.open(config.ledger, config.base_url)
    console = Console(stderr=True)
    with console.status("dumps") as status:
        manifest = write_dumps(ledger, config, lambda name: status.update(name))
    announce(ledger, config)
    if as_json:
        say(orjson.dumps([asdict(file) for file in manifest.files.values()], option=orjson.OPT_INDENT_2))
    else:
        size = sum(file.size for file in manifest.files.values())
        say(f"{len(manifest.files)} files, {size} bytes, at sequence {manifest.sequence}")


def follow(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="Base address of the registry to copy.")],
    once: Annotated[bool, typer.Option("--once", help="Synchronise once instead of staying in step.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Keep a read-only copy of a whole registry in this data directory; `orte serve` beside it serves it.

    Exits with 1 when the copy cannot be proved to be the same. The copy has the base address of its original.
    """
    config = _copying(context.obj, url.rstrip("/"))
    ledger = Ledger.open(config.ledger, config.base_url)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    while True:
        settings = fetch_settings(config, timedelta(hours=6))
        with Fetcher(replace(settings, delay=min(settings.delay, PEER_DELAY)), cache=config.data / "cache") as fetch:
            try:
                done = replicate(ledger, fetch, locks=config.data / "locks", notes=lambda line: say(line, err=True))
            except (FetchError, FeedFailed, AlreadyHarvesting) as error:
                if once:
                    raise
                say(str(error), err=True)
                done = []
        if as_json:
            say(orjson.dumps([asdict(one) for one in done]))
        else:
            for one in done:
                agrees = "same" if one.agrees else "DIFFERENT"
                say(f"{one.stream}\t{one.members} new\t{one.live} live\t{agrees}\t{one.digest}")
        if once:
            raise typer.Exit(0 if all(one.agrees for one in done) else 1)
        if ended.wait(config.feed.poll_seconds):
            return


def _copying(data: Path, base: str) -> Config:
    """The settings of a copy; those of a new one are written when its original has answered."""
    if not is_web_address(base):
        raise typer.BadParameter(f"'{base}' is no http(s) address")
    file, config = data / FILE, load(data)
    if (file.exists() or config.ledger.exists()) and config.base_url != base:
        raise typer.BadParameter(f"{data} has base_url {config.base_url}; a replica has that of its original, {base}")
    if not file.exists():
        with Fetcher(fetch_settings(config, timedelta(minutes=1))) as fetch:
            fetch.get(f"{base}/sources", accept="application/ld+json")
        data.mkdir(parents=True, exist_ok=True)
        file.write_text(f'# A replica: `orte follow {base}`\nbase_url = "{base}"\n', encoding="utf-8")
    return load(data)
