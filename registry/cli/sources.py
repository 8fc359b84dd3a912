"""`orte sources`: how every source stands; `orte sources new`: describe another one."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
import typer

from harvesters.readers import READERS
from harvesters.source import Source
from harvesters.source import load as load_source
from harvesters.web_address import is_web_address
from registry.cli import proposals
from registry.cli.terminal import say
from registry.config import load
from registry.joining.new_source import Answers, write
from registry.ledger import Ledger, SourceState
from registry.sources import sources

group = typer.Typer(help="List sources, or describe a new one.", invoke_without_command=True, no_args_is_help=False)


@group.callback()
def listing(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False
) -> None:
    """List sources: how many records, how they stand, how long ago the data was confirmed, and what is wrong."""
    if context.invoked_subcommand:
        return
    config = load(context.obj)
    known = sources(config)
    states = {state.id: state for state in Ledger.reader(config.ledger).sources()} if config.ledger.exists() else {}
    rows = [_state(name, known.get(name), states.get(name)) for name in sorted(known.keys() | states.keys())]
    if as_json:
        say(orjson.dumps(rows, option=orjson.OPT_INDENT_2))
        return
    wide = max((len(row["id"]) for row in rows), default=0)
    say(f"{'source':{wide}}  enabled  state    records  confirmed  licence")
    for row in rows:
        enabled = "yes" if row["enabled"] else "no"
        age = _age(row["age"]) if row["confirmed"] else "never"
        say(
            f"{row['id']:{wide}}  {enabled:7}  {row['state']:7}  {row['records']:7}  {age:9}  "
            + (row["licence"] or "none: facts only")
        )
        if row["reason"]:
            say(f"  {row['reason']}")


@group.command()
def new(
    context: typer.Context,
    name: Annotated[str, typer.Option("--id", prompt="Short name (small letters, digits, hyphens)", help="Its id.")],
    title_de: Annotated[str, typer.Option(prompt="Title in German", help="Title in German.")],
    title_en: Annotated[str, typer.Option(prompt="Title in English", help="Title in English.")],
    publisher: Annotated[str, typer.Option(prompt="Who publishes it", help="Who publishes it.")],
    homepage: Annotated[str, typer.Option(prompt="Homepage for people", help="Homepage for people.")],
    reader: Annotated[str, typer.Option(prompt=f"Kind ({', '.join(sorted(READERS))})", help="Name of the reader.")],
    url: Annotated[str, typer.Option(prompt="Address of the data", help="Address of the data.")],
    licence: Annotated[str, typer.Option(prompt="Licence (address; empty if none is stated)", help="Its IRI.")] = "",
) -> None:
    """Ask a few questions and write the folder of a new source; it is disabled until you have tried it."""
    config = load(context.obj)
    if reader not in READERS:
        raise typer.BadParameter(f"there is no reader '{reader}'; known are: {', '.join(sorted(READERS))}")
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,62}", name):
        raise typer.BadParameter(f"'{name}' cannot be an id: use small letters, digits and hyphens")
    if name in sources(config):
        raise typer.BadParameter(f"there is a source '{name}' already")
    for what, address in (("homepage", homepage), ("licence", licence)):
        if address and not is_web_address(address):
            raise typer.BadParameter(f"the {what} must be an http(s) address, '{address}' is none")
    folder = config.data / config.sources_folder / name
    write(folder, Answers(name, title_de, title_en, publisher, homepage, reader, url, licence or None))
    load_source(folder)
    say(
        f"{folder} is written. Next:\n"
        f"  1. fit lift.rq to the data: which key means what\n"
        f"  2. orte check --source {name}    reads, lifts and checks some entries, storing nothing\n"
        f"  3. set enabled = true in source.toml, then: orte harvest {name}"
    )


def _state(name: str, source: Source | None, state: SourceState | None) -> dict[str, Any]:
    return {
        "id": name,
        "title": dict(source.title) if source else state.description["title"] if state else {},
        "enabled": bool(source and source.enabled),
        "state": state.state if state else "never",
        "reason": state.reason if state else None,
        "records": state.live if state else 0,
        "confirmed": state.confirmed if state else None,
        "age": _seconds_since(state.confirmed) if state and state.confirmed else None,
        "licence": source.licence if source else None,
        "last_run": asdict(state.last_run) if state and state.last_run else None,
    }


def _seconds_since(moment: str) -> int:
    return max(0, int((datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()))


def _age(seconds: int) -> str:
    """How old, in the largest unit that fits: "3 d ago", "5 h ago", "2 min ago"."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return "now"


proposals.add_to(group)
