"""The command line: its table of contents, its common options and how it fails."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from registry.cli.terminal import say
from registry.ledger.errors import DAMAGED, is_damage
from registry.uncollected import uncollected

COMMANDS = {
    "init": "serve:init",
    "run": "serve:run",
    "serve": "serve:serve",
    "harvest": "harvest:harvest",
    "publish": "serve:publish",
    "check": "check:check",
    "report": "reports:report",
    "rules": "reports:rules",
    "query": "catalogue:query",
    "export": "catalogue:export",
    "rebuild": "catalogue:rebuild",
    "digest": "catalogue:digest",
    "judge": "judge:judge",
    "review": "judge:review",
    "explain": "judge:explain",
    "verify": "federation:verify",
    "backup": "operate:backup",
    "restore": "operate:restore",
    "dump": "federation:dump",
    "notify": "federation:notify",
    "follow": "federation:follow",
    "sources": "sources:group",
    "quarantine": "reports:quarantine",
    "judgements": "judge:group",
    "token": "tokens:group",
}
"""Where the commands are, and the groups of commands. Only the module of the one that is asked for is imported."""


def common(
    context: typer.Context,
    data: Annotated[
        Path, typer.Option("--data", envvar="ORTE_DATA", metavar="DIR", help="The data directory.", show_default=True)
    ] = Path("data"),
) -> None:
    """Choose the data directory; settings are in its registry.toml."""
    context.obj = data


def application(*names: str) -> typer.Typer:
    """The command line with these commands; without any, with all of them."""
    made = typer.Typer(
        name="orte",
        help="Orte: the registry of cooperation and innovation places, as linked data.",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    made.callback()(common)
    for name in names or COMMANDS:
        module, _, member = COMMANDS[name].partition(":")
        found = getattr(import_module(f"registry.cli.{module}"), member)
        if isinstance(found, typer.Typer):
            made.add_typer(found, name=name)
        else:
            made.command(name)(found)
    return made


def __getattr__(name: str) -> Any:
    """`app` is the whole command line; it is made when somebody wants it."""
    if name == "app":
        return application()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _wanted(arguments: Sequence[str]) -> tuple[str, ...]:
    """The command that is asked for; nothing where that takes more than a look, as for help or a mistyped one."""
    rest = list(arguments)
    if rest[:1] == ["--data"]:
        del rest[:2]
    return (rest[0],) if rest and rest[0] in COMMANDS else ()


def main() -> None:
    """Run a command; whatever goes wrong is one sentence on standard error and an exit code other than 0."""
    try:
        with uncollected():  # what is imported stays
            wanted = application(*_wanted(sys.argv[1:]))
        gc.freeze()  # so that no collection looks at it either
        wanted()
    except _sentences() as error:
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
        if "readonly" in str(error):
            _fail(f"the ledger cannot be written: {error}; check the data directory's owner, and how it is mounted")
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


def _sentences() -> tuple[type[Exception], ...]:
    """Errors that say to the operator what is wrong and what to do; imported when something went wrong."""
    from harvesters.fetch import FetchError
    from harvesters.gazetteer import GazetteerError
    from harvesters.ldes import FeedFailed
    from harvesters.source import SourceError
    from registry.config import ConfigError
    from registry.engine.errors import EngineError, RemoteError
    from registry.joining.proposals import NotDecided
    from registry.ledger import LedgerError
    from registry.locks import AlreadyHarvesting

    return (
        AlreadyHarvesting, ConfigError, EngineError, FeedFailed, FetchError, GazetteerError, LedgerError, NotDecided,
        RemoteError, SourceError,
    )  # fmt: skip


def _fail(sentence: str) -> None:
    say(f"orte: {sentence}", err=True)
    sys.exit(1)
