"""`orte harvest` and `orte check`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from harvesters.source import Source
from registry import harvesting
from registry.cli.terminal import plain, say
from registry.config import load
from registry.formats.media import TURTLE
from registry.formats.rdf import serialise
from registry.harvesting import Harvested
from registry.joining.trial import Trial, try_source
from registry.joining.validation import report_of
from registry.ledger import Ledger
from registry.rdf_input import RdfInputError, read_rdf
from registry.record import parse
from registry.report import Report, lines_of_text, plain_json
from registry.sources import sources
from registry.terms import PREFIXES

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
    known = sources(config)
    wanted = _chosen(known, names)
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


def check(
    context: typer.Context,
    target: Annotated[
        str | None, typer.Argument(metavar="[FILE_OR_URL]", help="RDF; with --source a page or file.")
    ] = None,
    source: Annotated[str | None, typer.Option("--source", help="Read and lift it as this source would.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Entries of the source to try.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Check RDF, or a page or file of a source, against the shapes. Nothing is stored.

    With --source the entries are read, lifted and checked as in a harvest, and the resulting Turtle is printed before
    the report; without FILE_OR_URL the source's own address is read. Exits with 1 when something violates the shapes.
    """
    config = load(context.obj)
    if source is not None:
        (chosen,) = _chosen(sources(config), [source])
        trial = try_source(config, chosen, target, limit)
        if not as_json:
            _print_trial(trial)
        if trial.ended.outcome == "failed":
            say(f"failed: {trial.ended.reason}", err=True)
        if trial.entries or trial.ended.outcome != "failed":
            _report(trial.report, as_json)
        if not trial.records:
            raise typer.Exit(1)
        return
    if target is None:
        raise typer.BadParameter("name a file or an address, or a source with --source")
    from registry.check import Checker  # loads slowly, and a harvest in which nothing changed never needs it

    try:
        triples = read_rdf(target, config)
    except RdfInputError as error:
        raise typer.BadParameter(str(error)) from None
    _report(report_of(target, Checker().check_triples(triples), triples), as_json)


def _print_trial(trial: Trial) -> None:
    for one in trial.records:
        say(serialise((quad.triple for quad in parse(one.nquads)), TURTLE, PREFIXES).decode())
    if trial.unread:
        say(f"keys the lift never read: {', '.join(sorted(trial.unread))}")
    if trial.ended.outcome == "partial":
        say(f"{trial.ended.outcome}: {trial.ended.reason}")


def _report(report: Report, as_json: bool) -> None:
    """Print the report, the worst first; exit with 1 when there is a violation."""
    if as_json:
        say(plain_json(report))
    else:
        for text in lines_of_text(report):
            say(text)
    if not report.fits:
        raise typer.Exit(1)


def _chosen(known: dict[str, Source], names: list[str] | None) -> list[Source]:
    if not names:
        return [source for source in known.values() if source.enabled]
    if unknown := [name for name in names if name not in known]:
        raise typer.BadParameter(f"there is no source '{unknown[0]}'; known are: {', '.join(sorted(known))}")
    return [known[name] for name in names]


def _outcome(one: Harvested) -> dict[str, Any]:
    run = asdict(one.run) if one.run else {"source": one.source, "outcome": None}
    return {**run, "problem": one.problem}
