"""`orte harvest`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Annotated, Any

import orjson
import typer

from harvesters.source import Source
from registry import harvesting
from registry.cli.naming import named
from registry.cli.terminal import say
from registry.config import Config, load
from registry.harvesting import Harvested
from registry.ledger import Ledger

Names = Annotated[
    list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Sources by id; without any, all enabled ones.")
]


def harvest(
    context: typer.Context,
    names: Names = None,
    due: Annotated[bool, typer.Option("--due", help="Only sources whose time has come.")] = False,
    accept_shrink: Annotated[bool, typer.Option("--accept-shrink", help="Release a run that was held.")] = False,
    unread: Annotated[bool, typer.Option("--unread", help="List the keys that the lift never read.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Harvest sources into the ledger and publish what changed."""
    config = load(context.obj)
    wanted = named(config, names)
    ledger = Ledger.open(config.ledger, config.base_url)
    harvesting.close_interrupted(config, ledger)
    if due:
        wanted = harvesting.due(ledger, wanted)
    outcomes = watched(config, ledger, wanted, quiet=as_json, accept_shrink=accept_shrink)
    if as_json:
        say(orjson.dumps([_outcome(one) for one in outcomes], option=orjson.OPT_INDENT_2))
    if unread and not as_json:
        for one in outcomes:
            for key, count in (one.run.counts.get("unread", {}) if one.run else {}).items():
                say(f"{one.source}\t{key}\t{count}")
    if any(one.failed for one in outcomes):
        raise typer.Exit(1)


def watched(
    config: Config, ledger: Ledger, wanted: list[Source], *, quiet: bool, accept_shrink: bool = False
) -> list[Harvested]:
    """Harvest while a person watches: a bar per source in a terminal, one plain line each otherwise."""
    if quiet or not sys.stderr.isatty():

        def done(outcome: Harvested) -> None:
            if not quiet:
                say(line(outcome), err=True)

        return harvesting.harvest(config, ledger, wanted, accept_shrink=accept_shrink, done=done)
    from registry.cli.bars import Bars  # most harvests are nobody's to watch, and begin sooner without

    last = {one.id: one.last_run.counts.get("seen") for one in ledger.sources() if one.last_run}
    with Bars({one.id: last.get(one.id) for one in wanted}) as bars:
        return harvesting.harvest(
            config, ledger, wanted, accept_shrink=accept_shrink, progress=bars.advance, notes=bars.note,
            done=lambda outcome: bars.end(outcome.source, line(outcome)),
        )  # fmt: skip


_SHOWN = ("created", "updated", "withdrawn", "unchanged", "quarantined", "unliftable", "unreadable", "out_of_scope")


def line(outcome: Harvested) -> str:
    """The outcome of one source in one line."""
    if outcome.run is None:
        return f"{outcome.source}: {outcome.problem}"
    run, counts = outcome.run, outcome.run.counts
    numbers = ", ".join(f"{counts[key]} {key}" for key in _SHOWN if counts[key] or key == "created")
    reason = f" – {run.reason}" if run.reason else ""
    return f"{outcome.source}: {run.outcome}, {counts['seen']} read, {numbers.replace('_', ' ')}{reason}"


def _outcome(one: Harvested) -> dict[str, Any]:
    run = asdict(one.run) if one.run else {"source": one.source, "outcome": None}
    return {**run, "problem": one.problem}
