"""`orte query`, `orte export`, `orte rebuild` and `orte digest`."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import orjson
import typer

from registry.cli.terminal import say
from registry.config import load
from registry.engine import QueryRequest, inspect
from registry.engine.formats import GRAPH, SELECT
from registry.export import export as write_export
from registry.feed import export as export_feeds
from registry.ledger import Ledger
from registry.querying import ask, remote
from registry.rebuild import rebuild as rebuild_all


class Syntax(StrEnum):
    """Syntaxes of an export."""

    NQ = "nq"
    TRIG = "trig"
    TTL = "ttl"
    JSONLD = "jsonld"


def query(
    context: typer.Context,
    sparql: Annotated[str, typer.Argument(metavar="QUERY", help="SPARQL 1.1, or - for standard input.")],
    format_: Annotated[str, typer.Option("--format", help="json, xml, csv, tsv; turtle, ntriples, jsonld …")] = "",
) -> None:
    """Ask the catalogue a SPARQL query."""
    config = load(context.obj)
    text = sys.stdin.read() if sparql == "-" else sparql
    form = inspect(text, config.limits.query_size, config.limits.query_nesting).form
    known = GRAPH if form in ("CONSTRUCT", "DESCRIBE") else SELECT
    if form and format_ and format_ not in known:
        raise typer.BadParameter(f"the answer to {form} is written as {', '.join(known)}; '{format_}' is none of them")
    request = QueryRequest(text, select_format=format_ or "tsv", graph_format=format_ or "turtle")
    Ledger.reader(config.ledger).close()  # what is wrong with it is said here, rather than by the engine
    say(ask(config, request), nl=False)


def export(
    context: typer.Context,
    format_: Annotated[Syntax, typer.Option("--format", help="Syntax of the dump.")] = Syntax.NQ,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File; without it, standard output.")] = None,
    feed: Annotated[
        Path | None, typer.Option("--feed", metavar="DIR", help="Write the change feeds as files, for any web server.")
    ] = None,
) -> None:
    """Write the whole catalogue: unified entities and every record, with source and licence."""
    config = load(context.obj)
    ledger = Ledger.reader(config.ledger)
    if feed:
        written = export_feeds(ledger, config, feed)
        say(f"{feed}: {written} files written, those that are as they were left alone")
    elif output:
        with output.open("wb") as file:
            write_export(ledger, format_.value, file)
    else:
        write_export(ledger, format_.value, sys.stdout.buffer)


def rebuild(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False
) -> None:
    """Rebuild every view from the ledger and show that the digest is the same."""
    config = load(context.obj)
    result = rebuild_all(Ledger.open(config.ledger, config.base_url), str(config.ledger), remote(config))
    if as_json:
        say(orjson.dumps(result, option=orjson.OPT_INDENT_2))
    else:
        say(
            f"{result['entities']} entities, {result['quads']} quads in {result['seconds']} s;"
            f" digest {result['digest']}"
        )
    if not result["same"]:
        say(f"the digest was {result['before']} before: the rules of merging have changed since", err=True)


def digest(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False
) -> None:
    """Print the state digests of all live records and of all entities."""
    config = load(context.obj)
    ledger = Ledger.reader(config.ledger)
    streams = {"records": ledger.digest("record"), "entities": ledger.digest("entity")}
    if as_json:
        shown = {name: {"digest": d.hex, "count": d.live, "sequence": d.sequence} for name, d in streams.items()}
        say(orjson.dumps(shown, option=orjson.OPT_INDENT_2))
    else:
        for name, state in streams.items():
            say(f"{name}\t{state.hex}\t{state.live}\t{state.sequence}")
