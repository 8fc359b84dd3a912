"""`orte backup` and `orte restore`."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.progress import Progress

from registry.cli.terminal import say
from registry.config import load
from registry.ledger import Ledger, LedgerError
from registry.ledger.backup import Copy
from registry.ledger.backup import backup as copy_ledger
from registry.ledger.backup import restore as put_back

_ENDS = (signal.SIGTERM, signal.SIGHUP)

AsJson = Annotated[bool, typer.Option("--json", help="Print as JSON.")]


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup; an older one of this name is replaced.")],
    as_json: AsJson = False,
) -> None:
    """Copy the ledger, also while the registry runs, and prove that the copy is whole."""
    config = load(context.obj)
    console = Console(stderr=True)
    bars = Progress(console=console, disable=as_json or not console.is_terminal, transient=True)
    with _ending_in_order(), bars:
        task = bars.add_task("copying", total=None)
        copy = copy_ledger(config.ledger, file, lambda done, total: bars.update(task, completed=done, total=total))
    _say(copy, f"{file} holds {copy.sequence} activities, {copy.size} bytes", as_json)


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup made by `orte backup`.")],
    as_json: AsJson = False,
) -> None:
    """Put a backup in the place of the ledger; the old ledger is kept beside it. Nothing may use it meanwhile."""
    config = load(context.obj)
    with _ending_in_order():
        copy, kept = put_back(file, config.ledger, config.base_url)
        Ledger.open(config.ledger, config.base_url).close()  # readers want the log that this begins
    _say(copy, f"{config.ledger} is {file} again" + (f"; the old one is {kept}" if kept else ""), as_json, kept)


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """Have a termination, or the end of the terminal, remove what is half done, as Ctrl+C does.

    Raises:
        LedgerError: where the process was when that came.
    """

    def end(number: int, _frame: object) -> None:
        for one in ours:  # a second one does not disturb the removal
            signal.signal(one, signal.SIG_IGN)
        raise LedgerError(f"{signal.Signals(number).name} ended this before it was done; call it again")

    ours = [one for one in _ENDS if signal.getsignal(one) == signal.SIG_DFL]  # `nohup` ignores one of them
    for one in ours:
        signal.signal(one, end)
    try:
        yield
    finally:
        for one in ours:
            signal.signal(one, signal.SIG_DFL)


def _say(copy: Copy, sentence: str, as_json: bool, kept: Path | None = None) -> None:
    if as_json:
        shown = {**asdict(copy), "file": str(copy.file), "kept": str(kept) if kept else None}
        say(orjson.dumps(shown, option=orjson.OPT_INDENT_2))
    else:
        say(f"{sentence}\nrecords\t{copy.records}\nentities\t{copy.entities}")
