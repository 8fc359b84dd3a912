"""`orte report`, `orte quarantine` and `orte rules`: what is wrong, what waits because of it, and by which rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from registry.cli.terminal import say
from registry.config import load
from registry.formats import serialise
from registry.formats.media import TURTLE
from registry.ledger import Ledger, Quarantined, Severity, findings, records
from registry.record import parse
from registry.report import Filters, Line, lines_of_text, of_lines, of_source, plain_json
from registry.terms import PREFIXES

quarantine = typer.Typer(help="What does not validate and so waits.", invoke_without_command=True)

_Json = Annotated[bool, typer.Option("--json", help="Print as JSON.")]
_Source = Annotated[str | None, typer.Option("--source", help="Of this source only.")]


def report(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="Id of the source.")],
    severity: Annotated[list[str] | None, typer.Option(help="violation, warning or info; repeatable.")] = None,
    new: Annotated[bool, typer.Option("--new", help="Only what the last run found first.")] = False,
    as_json: _Json = False,
) -> None:
    """Show what is wrong with a source's entries, as at /sources/…/report. Exits with 1 when there are violations."""
    ledger = Ledger.reader(load(context.obj).ledger)
    states = {state.id: state for state in ledger.sources()}
    if source not in states:
        raise typer.BadParameter(f"there is no source '{source}' in the ledger; known are: {', '.join(states)}")
    if unknown := sorted(set(severity or ()) - {"violation", "warning", "info"}):
        raise typer.BadParameter(f"'{unknown[0]}' is no severity; known are: violation, warning, info")
    wanted: list[Severity] = severity or []  # type: ignore[assignment]
    found = of_source(ledger, states[source], Filters(tuple(wanted), new))
    if as_json:
        say(plain_json(found))
    else:
        for text in lines_of_text(found):
            say(text)
        say(f"new: {found.new}, fixed: {found.fixed_count} in the last run")
    if not found.fits:
        raise typer.Exit(1)


@quarantine.callback()
def listing(context: typer.Context, source: _Source = None, as_json: _Json = False) -> None:
    """List what is in quarantine: source, key, since when, and why."""
    if context.invoked_subcommand:
        return
    ledger = Ledger.reader(load(context.obj).ledger)
    rows = [_row(ledger, one) for one in records.quarantined(ledger.db, source)]
    if as_json:
        say(orjson.dumps(rows, option=orjson.OPT_INDENT_2))
        return
    for row in rows:
        meanwhile = "its last valid version is shown" if row["published"] else "not published"
        say(f"{row['source']}\t{row['key']}\tsince {row['since']}\t{meanwhile}\n  {row['iri']}")
        for why in row["why"]:
            say(f"  {why['de']}")
    say(f"{len(rows)} in quarantine", err=True)


@quarantine.command()
def show(
    context: typer.Context,
    iri: Annotated[str, typer.Argument(metavar="IRI", help="IRI of the record.")],
    as_json: _Json = False,
) -> None:
    """Print the version that waits, as Turtle, and what is wrong with it."""
    ledger = Ledger.reader(load(context.obj).ledger)
    one = next(records.quarantined(ledger.db, iri=iri), None)
    if one is None:
        raise typer.BadParameter(f"{iri} is not in quarantine; `orte quarantine` lists what is")
    lines = [
        Line(found.finding, found.key, found.page, found.first_run, found.first_seen, found.id)
        for found in findings.of_source(ledger.db, one.source, key=one.raw_key)
        if found.finding.record in (None, iri)
    ]
    found = of_lines(iri, lines)
    turtle = serialise((quad.triple for quad in parse(one.nquads)), TURTLE, PREFIXES).decode()
    if as_json:
        row = {**_row(ledger, one), "turtle": turtle, "report": orjson.loads(plain_json(found))}
        say(orjson.dumps(row, option=orjson.OPT_INDENT_2))
        return
    say(turtle)
    for text in lines_of_text(found):
        say(text)


def rules(
    into: Annotated[Path | None, typer.Option("--into", help="Write them into this guide, between its marks.")] = None,
) -> None:
    """Print every rule in plain German with an example, as docs/partners.md lists them."""
    from registry.report.guide import GuideError, guide, write_into  # brings rdflib, for which a server need not wait

    if into is None:
        say(guide(), nl=False)
        return
    try:
        changed = write_into(into)
    except GuideError as error:
        raise typer.BadParameter(str(error)) from None
    say(f"{into} {'was brought into step' if changed else 'was in step already'}", err=True)


def _row(ledger: Ledger, one: Quarantined) -> dict[str, Any]:
    """One waiting record; `why` are the messages of its violations, the first of which is shown in lists."""
    open_ = findings.of_source(ledger.db, one.source, severities=["violation"], key=one.raw_key)
    why = [
        {"rule": found.finding.rule, "de": found.finding.message_de, "en": found.finding.message_en}
        for found in open_
        if found.finding.record == one.iri
    ]
    return {
        "source": one.source,
        "key": one.raw_key,
        "iri": one.iri,
        "page": one.page,
        "since": one.since,
        "changed": one.changed,
        "published": one.published,
        "why": why,
    }
