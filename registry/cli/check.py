"""`orte check`."""

from __future__ import annotations

from typing import Annotated

import typer

from registry.check import Checker
from registry.cli.naming import named
from registry.cli.terminal import say
from registry.config import load
from registry.formats.media import TURTLE
from registry.formats.rdf import serialise
from registry.joining.trial import Trial, try_source
from registry.joining.validation import report_of
from registry.rdf_input import RdfInputError, read_rdf
from registry.record import parse
from registry.report import Report, lines_of_text, plain_json
from registry.terms import PREFIXES


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
        (chosen,) = named(config, [source])
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
