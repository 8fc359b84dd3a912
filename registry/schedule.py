"""Harvest due sources in the background, each round in a process of its own that can be ended."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

TICK = 60.0
"""Seconds between two looks at what is due."""


NICE = 10
"""Visitors are served first: the processes of rounds take what processor time is left (10 is what `nice` gives)."""

LOOK = 1.0
"""Seconds between two looks at a process that works."""


@dataclass(frozen=True)
class Round:
    """A command that is run again and again, whenever it is needed.

    `overdue` is asked, with the number of its process, while it runs; a process that is overdue is killed, and then
    `killed` is called. `share` is the part of the time that it may take at most: what is done for the whole catalogue
    must not be done all the time because something in it changes all the time.
    """

    arguments: tuple[str, ...]
    needed: Callable[[], bool] = lambda: True
    overdue: Callable[[int], bool] = lambda process: False
    killed: Callable[[], None] = lambda: None
    share: float = 1.0


class Schedule:
    """While it is entered, runs its rounds one after the other whenever a minute has passed since the last ones ended.

    A harvest in a process of its own neither slows the server nor takes it down, and ends with it. After one that had
    to be killed the rounds begin again at once, for those who had to wait for it; and they begin sooner when `news`,
    asked every second or so, says so.
    """

    def __init__(
        self,
        data: Path,
        rounds: Sequence[Round],
        *,
        delay: float = TICK,
        tick: float = TICK,
        news: Callable[[], bool] = lambda: False,
    ) -> None:
        self._command = [sys.executable, "-m", "registry", "--data", str(data)]
        self._rounds = rounds
        self._delay = delay
        self._tick = tick
        self._news = news
        self._stop = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._rest: dict[tuple[str, ...], float] = {}  # until when a round that took long is not run again
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
        pause = self._delay
        while not self._wait(pause):
            killed = [self._run(one) for one in self._rounds if not self._stop.is_set()]
            pause = 0.0 if any(killed) else self._tick

    def _wait(self, seconds: float) -> bool:
        """Wait for the next rounds; True when there are none any more."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self._stop.wait(min(left, LOOK)):
            with contextlib.suppress(Exception):  # of a ledger that cannot be asked now
                if self._news():
                    break
        return self._stop.is_set()

    def _run(self, one: Round) -> bool:
        """Run one round to its end; True when it had to be killed. Whatever goes wrong, the next ones come."""
        try:
            if time.monotonic() < self._rest.get(one.arguments, 0.0) or not one.needed():
                return False
            began = time.monotonic()
            killed = self._ended(one)
            ended = time.monotonic()
            self._rest[one.arguments] = ended + (ended - began) * (1 / one.share - 1)
            return killed
        except Exception as error:
            print(f"orte: {' '.join(one.arguments)}: {type(error).__name__}: {error}", file=sys.stderr)
            return False

    def _ended(self, one: Round) -> bool:
        process = subprocess.Popen(
            [*self._command, *one.arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        self._process = process
        with contextlib.suppress(OSError):  # it may have ended
            os.setpriority(os.PRIO_PROCESS, process.pid, NICE)
        while True:
            try:
                process.wait(LOOK)
                return False
            except subprocess.TimeoutExpired:
                if one.overdue(process.pid):
                    process.kill()
                    process.wait()
                    one.killed()
                    return True
