"""Harvest due sources in the background, each round in a process of its own that can be ended."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

TICK = 60.0
"""Seconds between two looks at what is due."""


@dataclass(frozen=True)
class Round:
    """A command that is run again and again, whenever it is needed."""

    arguments: tuple[str, ...]
    needed: Callable[[], bool] = lambda: True


HARVEST = Round(("harvest", "--due"))


class Schedule:
    """While it is entered, runs its rounds one after the other whenever a minute has passed since the last ones ended.

    A harvest in a process of its own neither slows the server nor takes it down, and ends with it.
    """

    def __init__(self, data: Path, rounds: Sequence[Round] = (HARVEST,), tick: float = TICK) -> None:
        self._command = [sys.executable, "-m", "registry", "--data", str(data)]
        self._rounds = rounds
        self._tick = tick
        self._stop = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._work, name="schedule", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._process:
            self._process.terminate()
        self._thread.join(timeout=10)

    def _work(self) -> None:
        while not self._stop.wait(self._tick):
            for one in self._rounds:
                if self._stop.is_set() or not one.needed():
                    continue
                self._process = subprocess.Popen(
                    [*self._command, *one.arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
                )
                self._process.wait()
