"""`orte sources proposed`, `accept` and `refuse`: decide about sources that somebody proposed."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from registry.cli.terminal import cell, say
from registry.config import load
from registry.joining import proposals
from registry.ledger import Ledger
from registry.ledger.proposals import Proposal

Number = Annotated[int, typer.Argument(metavar="N", help="Number of the proposal.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print as JSON.")]


def add_to(group: typer.Typer) -> None:
    """Add the commands to the group `orte sources`."""
    group.command()(proposed)
    group.command()(accept)
    group.command()(refuse)


def proposed(
    context: typer.Context,
    number: Annotated[int | None, typer.Argument(metavar="[N]", help="Show one proposal with its report.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Also those that are decided.")] = False,
    as_json: AsJson = False,
) -> None:
    """List proposed sources, or show one of them with what was found when it was tried."""
    config = load(context.obj)
    ledger = Ledger.open(config.ledger, config.base_url)
    found = proposals.listing(ledger, None if every else "open") if number is None else [proposals.get(ledger, number)]
    if as_json:
        say(orjson.dumps([asdict(one) for one in found], option=orjson.OPT_INDENT_2))
    elif number is None:
        table = Table("number", "state", "kind", "address", "title", "publisher", "licence", "found", box=None)
        for one in found:
            offer = one.offer
            table.add_row(
                str(one.number), one.state, offer["kind"], cell(offer["url"]), cell(offer["title"]),
                cell(offer["publisher"]), cell(offer["licence"] or "none: facts only"), cell(_found(one)),
            )  # fmt: skip
        Console().print(table)
    else:
        for line in _shown(found[0]):
            say(line)


def accept(
    context: typer.Context,
    number: Number,
    name: Annotated[
        str | None, typer.Option("--id", help="Id of the new source; made from its title unless given.")
    ] = None,
    enabled: Annotated[
        bool | None, typer.Option("--enable/--disable", help="Harvest it from now on, or not yet.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a source of a proposal: write its folder. A registry is enabled at once, all else is not."""
    config = load(context.obj)
    ledger = Ledger.open(config.ledger, config.base_url)
    source, folder = proposals.accept(ledger, config, number, name=name, enabled=enabled)
    if as_json:
        say(orjson.dumps({"source": source.id, "folder": str(folder), "enabled": source.enabled}))
        return
    say(f"{folder} is written. Next:")
    if source.enabled:
        say(f"  `orte run` harvests it by itself, or at once: orte harvest {source.id}")
    else:
        say(
            f"  1. fit lift.rq to the data: which key means what\n"
            f"  2. orte check --source {source.id}    reads, lifts and checks some entries, storing nothing\n"
            f"  3. set enabled = true in source.toml, then: orte harvest {source.id}"
        )


def refuse(
    context: typer.Context,
    number: Number,
    why: Annotated[str, typer.Option("--why", prompt="Why (who proposed it reads that)", help="The reason.")],
    as_json: AsJson = False,
) -> None:
    """Refuse a proposal with a reason; how to reach who proposed it is deleted."""
    config = load(context.obj)
    refused = proposals.refuse(Ledger.open(config.ledger, config.base_url), number, why)
    say(orjson.dumps(asdict(refused)) if as_json else f"proposal {number} is refused: {refused.why}")


def _found(one: Proposal) -> str:
    checked = ", ".join(f"{count} {what}" for what, count in one.report["checked"].items())
    wrong = ", ".join(f"{count} {severity}" for severity, count in one.report["open"].items() if count)
    return f"{checked}; {wrong or 'no findings'}"


def _shown(one: Proposal) -> list[str]:
    lines = [f"proposal {one.number}: {one.state}" + (f" ({one.why or one.source})" if one.decided else "")]
    lines += [f"  {name}: {value}" for name, value in one.offer.items() if value]
    lines += [f"  made: {one.made}", f"found: {_found(one)}"]
    said = Counter((line["severity"], line["en"]) for line in one.report["lines"])
    return lines + [f"  {count} × {severity}: {text}" for (severity, text), count in said.most_common()]
