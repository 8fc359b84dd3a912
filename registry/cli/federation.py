"""`orte verify`: prove that what is held is what should be held."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import orjson
import typer

from harvesters.fetch import Fetcher
from registry.config import load
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
