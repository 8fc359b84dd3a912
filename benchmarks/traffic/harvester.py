"""A harvester: `orte harvest` again and again, of a list in which places change, come and go."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

from benchmarks.traffic.tally import Loop, Tally
from tests import pushed

ROUND = 20.0
"""Seconds between two harvests."""
PLACES = 200
SOURCE = """\
id = "liste"
title = { de = "Liste", en = "List" }
publisher = "Verein"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
enabled = false
[read]
reader = "json"
file = "liste.json"
key = "id"
"""


def listed(data: Path) -> Path:
    """Make the source in a data directory; gives the folder in which its list is."""
    folder = data / "sources" / "liste"
    folder.mkdir(parents=True)
    (folder / "source.toml").write_text(SOURCE, encoding="utf-8")
    (folder / "lift.rq").write_text(pushed.LIFT, encoding="utf-8")
    return folder


def places(turn: int) -> list[dict[str, object]]:
    """The list of one turn: a twentieth has new names, another is absent; every fifth turn it is as it was."""
    turn -= turn % 5 == 0
    return [
        {"id": number, "name": f"Ort {number}" + (f" im Jahr {turn}" if number % 20 == turn % 20 else "")}
        for number in range(PLACES)
        if number % 20 != (turn + 7) % 20
    ]


class Harvester(Loop):
    """Writes the list anew and harvests it."""

    def __init__(self, address: str, tally: Tally, stop: threading.Event, data: Path, folder: Path) -> None:
        super().__init__(address, tally, stop, ROUND)
        self.data, self.file, self.turns = data, folder / "liste.json", 0

    def turn(self) -> None:
        self.turns += 1
        self.file.write_text(json.dumps(places(self.turns)), encoding="utf-8")
        began = time.perf_counter()
        command = [sys.executable, "-m", "registry", "--data", str(self.data), "harvest", "liste"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, start_new_session=True)
        self.tally.add("harvest", 200 if done.returncode == 0 else done.returncode, time.perf_counter() - began)
        if done.returncode:
            self.tally.fail(f"harvest: {(done.stderr or done.stdout).strip()[-300:]}")
        self.ask("read: harvested", "GET", "/sources/liste/digest", {"Accept": "application/json"})
