"""Kill -9 at a random moment: actions run in a process of their own, which a seed decides how long to let live."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from registry.ledger import Finding
from registry.record import Record

Acknowledge = Callable[[int], None]
Action = Callable[[Acknowledge], None]
"""Does its work and calls back with a number whenever that much of it is durable."""

TIMES = int(os.environ.get("ORTE_FAULTS", "6"))
"""Kills of each kind; `make faults` asks for 50."""


class Unchecked:
    """Stands in for the shapes: what is killed here is the writing."""

    def check(self, records: list[Record]) -> dict[str, list[Finding]]:
        return {record.iri: [] for record in records}


@dataclass(frozen=True)
class Life:
    """How a process ended: killed by us or by itself, the last number it acknowledged, and the seconds it lived."""

    killed: bool
    acknowledged: int
    seconds: float


def live(action: Action, seconds: float | None = None) -> Life:
    """Run an action in a forked process, for so many seconds at most; fails when it failed by itself."""
    reading, writing = os.pipe()
    began = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(reading)
            action(lambda number: os.write(writing, number.to_bytes(4)) and None)
            code = 0
        except BaseException:
            traceback.print_exc(file=sys.__stderr__)
        finally:
            os._exit(code)
    os.close(writing)
    handle = os.pidfd_open(pid)
    ended, _, _ = select.select([handle], [], [], seconds)
    if not ended:
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    lived = time.perf_counter() - began
    os.close(handle)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, -signal.SIGKILL), f"the action ended with {code}"
    return Life(code != 0, int.from_bytes(said[-4:]) if said else 0, lived)


def moments(what: str, times: int = TIMES) -> list[float]:
    """So many random moments, as parts of the time that a life takes; the same ones every time."""
    chance = Random(f"kill {what}")
    return [chance.random() for _ in range(times)]
