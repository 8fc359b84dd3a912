"""The command line: its table of contents, its common options and how it fails."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import click
import typer
from rich.console import Console

from harvesters.gazetteer import GazetteerError
from harvesters.source import SourceError
from registry.cli import catalogue, federation, harvest, judge, operate, proposals, reports, serve, sources, tokens
from registry.cli.terminal import plain
from registry.config import ConfigError
from registry.engine.remote.connection import RemoteError
from registry.ledger import LedgerError
from registry.ledger.errors import DAMAGED, is_damage

app = typer.Typer(
    name="orte",
    help="Orte: the registry of cooperation and innovation places, as linked data.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def common(
    context: typer.Context,
    data: Annotated[
        Path, typer.Option("--data", envvar="ORTE_DATA", metavar="DIR", help="The data directory.", show_default=True)
    ] = Path("data"),
) -> None:
    """Choose the data directory; settings are in its registry.toml."""
    context.obj = data


app.command("init")(serve.init)
app.command("run")(serve.run)
app.command("serve")(serve.serve)
app.command("harvest")(harvest.harvest)
app.command("publish")(serve.publish)
app.command("check")(harvest.check)
proposals.add_to(sources.group)
app.add_typer(sources.group, name="sources")
app.command("report")(reports.report)
app.add_typer(reports.quarantine, name="quarantine")
app.command("rules")(reports.rules)
app.command("query")(catalogue.query)
app.command("export")(catalogue.export)
app.command("rebuild")(catalogue.rebuild)
app.command("digest")(catalogue.digest)
app.command("judge")(judge.judge)
app.add_typer(judge.group, name="judgements")
app.command("review")(judge.review)
app.command("explain")(judge.explain)
app.command("verify")(federation.verify)
app.command("backup")(operate.backup)
app.command("restore")(operate.restore)
app.command("dump")(federation.dump)
app.add_typer(tokens.group, name="token")
app.command("notify")(federation.notify)
app.command("follow")(federation.follow)


def main() -> None:
    """Run a command; whatever goes wrong is one sentence on standard error and an exit code other than 0."""
    try:
        app()
    except (ConfigError, GazetteerError, LedgerError, RemoteError, SourceError, click.ClickException) as error:
        _fail(str(error))
    except BrokenPipeError:  # the reader of a pipe, such as `head`, has had enough
        os._exit(0)
    except PermissionError as error:
        _fail(f"{error.filename or 'a file'} cannot be accessed: {error.strerror}; check the data directory's owner")
    except UnicodeDecodeError as error:
        _fail(f"what is to be read is no text in UTF-8: {error}")
    except DAMAGED as error:
        if is_damage(error):
            _fail(
                f"the ledger is damaged: {error}; end every process that uses it, then put back the last backup with"
                " `orte restore FILE`"
            )
        _fail(f"the ledger cannot be used: {error}; is the disk full, or another process busy with it?")
    except OSError as error:
        _fail(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}")
    except Exception as error:
        if os.environ.get("ORTE_DEBUG"):
            raise
        _fail(
            f"nobody foresaw this ({type(error).__name__}: {error}); `orte verify` says whether the ledger is whole,"
            " and with ORTE_DEBUG=1 the same command says where it happened"
        )


def _fail(sentence: str) -> None:
    Console(stderr=True, soft_wrap=True).print(f"orte: {plain(sentence)}", markup=False, highlight=False)
    sys.exit(1)
