"""Lock files: one harvest of a source at a time across processes, and who harvests until when."""

from __future__ import annotations

import contextlib
import fcntl
import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_GRACE = 60.0
"""Seconds beyond its time limit in which a harvest may finish what it has read; for short limits as much again."""

_PATIENCE, _PAUSE = 10.0, 0.01
"""Seconds that a harvest waits for those who only ask whether the lock is held, and between two tries."""


class AlreadyHarvesting(Exception):
    """Another process harvests this source right now."""


@contextmanager
def alone(folder: Path, source: str, seconds: float = math.inf, patience: float = 0.0) -> Iterator[None]:
    """Hold the lock of a source, which says that this process harvests it, and for how many seconds at most.

    Raises:
        AlreadyHarvesting: when another process is at it, after `patience` seconds still.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _file(folder, source).open("a+") as file:
        _take(file, source, patience)  # released by the kernel even after kill -9
        file.truncate(0)
        file.write(f"{os.getpid()} {time.time() + seconds + min(seconds, _GRACE):.0f}\n")
        file.flush()
        yield


def _take(file: IO[str], source: str, patience: float) -> None:
    """Take the lock. Whoever asks whether it is held shares it for a moment; only a harvest holds it alone."""
    began = time.monotonic()
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            pass
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() >= began + patience:
                raise AlreadyHarvesting(f"source '{source}' is being harvested by another process") from None
        else:
            fcntl.flock(file, fcntl.LOCK_UN)
            if time.monotonic() > began + max(patience, _PATIENCE):
                raise AlreadyHarvesting(f"the lock of source '{source}' is not let go of; is a process stopped?")
        time.sleep(_PAUSE)


def held(folder: Path, source: str) -> bool:
    """Whether a process harvests: it holds the lock from before its run begins until after it has ended."""
    try:
        with _file(folder, source).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def overdue(folder: Path, process: int) -> str | None:
    """The source that this process harvests although its time is over; None when all is well."""
    for file in sorted(folder.glob("*.lock")):
        with contextlib.suppress(OSError, ValueError):
            holder, until = file.read_text().split()
            if int(holder) == process and float(until) < time.time() and held(folder, file.stem):
                return file.stem
    return None


def _file(folder: Path, source: str) -> Path:
    return folder / f"{source}.lock"
