"""`orte verify` and `orte dump`: prove what is held, and write it down for portals."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import orjson
import typer
from rich.console import Console

from harvesters.fetch import Fetcher
from registry.config import load
from registry.dcat import announce, write_dumps
from registry.harvesting import fetch_settings
from registry.ledger import Ledger
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
        findings = verify_all(ledger, str(config.ledger))
    if as_json:
        typer.echo(orjson.dumps([asdict(one) for one in findings], option=orjson.OPT_INDENT_2))
    else:
        for one in findings:
            typer.echo(f"{'same' if one.good else 'DIFFERENT'}\t{one.what}\t{one.found}")
    if not all(one.good for one in findings):
        raise typer.Exit(1)


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
        typer.echo(orjson.dumps([asdict(file) for file in manifest.files.values()], option=orjson.OPT_INDENT_2))
    else:
        size = sum(file.size for file in manifest.files.values())
        typer.echo(f"{len(manifest.files)} files, {size} bytes, at sequence {manifest.sequence}")
