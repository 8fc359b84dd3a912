"""`orte token`: let partners write, and stop them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import orjson
import typer

from registry import tokens
from registry.cli.terminal import say
from registry.config import load
from registry.ledger import Ledger
from registry.sources import sources

group = typer.Typer(
    help="Let a partner write the records of a source, or a curator judge, and take that back.", no_args_is_help=True
)


@group.command()
def create(
    context: typer.Context,
    source: Annotated[str, typer.Option("--source", help="Id of the source that it may write.")] = "",
    curator: Annotated[str, typer.Option("--curator", metavar="NAME", help="Name of a person who may judge.")] = "",
    days: Annotated[int, typer.Option("--days", min=1, max=3650, help="Days for which it holds.")] = 365,
) -> None:
    """Make a token. It is shown this once; only a hash of it is kept."""
    config = load(context.obj)
    if bool(source) == bool(curator.strip()):
        either = "either --source ID or --curator NAME, not both" if source else "--source ID or --curator NAME"
        raise typer.BadParameter(f"say what the token is for: {either}")
    if curator:
        ledger = Ledger.open(config.ledger, config.base_url)
        say(tokens.create_for_curator(ledger, curator, timedelta(days=days)))
        return
    found = sources(config).get(source)
    if found is None:
        raise typer.BadParameter(f"there is no source '{source}'; make one with reader = \"push\" first")
    if found.reader != "push":
        raise typer.BadParameter(f"the source '{source}' is read, not written; its reader is \"{found.reader}\"")
    say(tokens.create(Ledger.open(config.ledger, config.base_url), source, timedelta(days=days)))


@group.command(name="list")
def listing(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False
) -> None:
    """List tokens: which source, until when, revoked or not."""
    config = load(context.obj)
    found = tokens.listing(Ledger.open(config.ledger, config.base_url))
    if as_json:
        say(orjson.dumps([asdict(one) for one in found], option=orjson.OPT_INDENT_2))
    else:
        for one in found:
            state = f"revoked {one.revoked}" if one.revoked else f"until {one.expires}"
            say(f"{one.id}\t{one.source}\t{state}")


@group.command()
def revoke(
    context: typer.Context, identifier: Annotated[str, typer.Argument(metavar="ID", help="First part of the token.")]
) -> None:
    """Take a token back; it stops at once."""
    config = load(context.obj)
    if not tokens.revoke(Ledger.open(config.ledger, config.base_url), identifier):
        raise typer.BadParameter(f"there is no token '{identifier}' that still holds; see: orte token list")
