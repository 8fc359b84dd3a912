"""`orte harvest`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from harvesters.source import Source
from registry import harvesting
from registry.cli.naming import named
from registry.cli.terminal import plain, say
from registry.config import load
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
    console = Console(stderr=True)
    outcomes = with_progress(config, ledger, wanted, console, quiet=as_json, accept_shrink=accept_shrink)
    if as_json:
        say(orjson.dumps([_outcome(one) for one in outcomes], option=orjson.OPT_INDENT_2))
    if unread and not as_json:
        for one in outcomes:
            for key, count in (one.run.counts.get("unread", {}) if one.run else {}).items():
                say(f"{one.source}\t{key}\t{count}")
    if any(one.failed for one in outcomes):
        raise typer.Exit(1)


def with_progress(
    config: Any, ledger: Ledger, wanted: list[Source], console: Console, *, quiet: bool, accept_shrink: bool = False
) -> list[Harvested]:
    """Harvest while a person watches: a bar per source in a terminal, one plain line each otherwise.

    How much there is to read is not known before; the time left goes by what there was last time.
    """
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TextColumn("{task.completed:.0f}"),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    expected = {one.id: one.last_run.counts.get("seen") for one in ledger.sources() if one.last_run}
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal, transient=True) as bars:
        tasks = {
            one.id: bars.add_task(one.id, total=expected.get(one.id), start=False, rate="", visible=False)
            for one in wanted
        }

        def progress(source: str, count: int) -> None:
            task = bars.tasks[tasks[source]]
            if not task.started:
                bars.start_task(task.id)
            rate = f"{count / task.elapsed:.0f}/s" if task.elapsed else ""
            bars.update(task.id, completed=count, visible=True, rate=rate)

        def done(outcome: Harvested) -> None:
            bars.update(tasks[outcome.source], visible=False)
            if not quiet:
                bars.console.print(plain(line(outcome)), highlight=False, markup=False, soft_wrap=True)

        def notes(text: str) -> None:
            if not quiet and console.is_terminal:
                bars.console.print(f"  {plain(text)}", highlight=False, markup=False)

        return harvesting.harvest(
            config, ledger, wanted, accept_shrink=accept_shrink, progress=progress, done=done,
            notes=notes,
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
