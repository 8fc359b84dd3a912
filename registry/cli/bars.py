"""Bars in a terminal, one for each source, while a person watches a harvest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from registry.cli.terminal import plain


class Bars:
    """What is under way, with how much of it is done; what has ended is a line above.

    ``expected`` is how much there was to read last time, by source: how much there is now is not known before.
    """

    def __init__(self, expected: Mapping[str, int | None]) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            TextColumn("{task.completed:.0f}"),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._tasks = {
            source: self._progress.add_task(source, total=total, start=False, rate="", visible=False)
            for source, total in expected.items()
        }

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def advance(self, source: str, count: int) -> None:
        """So many records of a source have been dealt with."""
        task = self._progress.tasks[self._tasks[source]]
        if not task.started:
            self._progress.start_task(task.id)
        rate = f"{count / task.elapsed:.0f}/s" if task.elapsed else ""
        self._progress.update(task.id, completed=count, visible=True, rate=rate)

    def end(self, source: str, line: str) -> None:
        """A source is done; ``line`` says what came of it."""
        self._progress.update(self._tasks[source], visible=False)
        self._print(line)

    def note(self, text: str) -> None:
        """Something to know meanwhile."""
        self._print(f"  {text}")

    def _print(self, text: str) -> None:
        self._progress.console.print(plain(text), highlight=False, markup=False, soft_wrap=True)
