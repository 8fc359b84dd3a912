"""Followers of the feed of records: they read every page, then ask for what is new, and prove what they have.

Each is a process, `python -m benchmarks.traffic.follower FEED ROUNDS`, with the client that harvests use. It keeps the
digest of every record that the feed says is live; after every reading their sum must be what the feed says it is.
After so many readings it forgets everything and begins anew.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.traffic.tally import Loop, Tally
from harvesters.fetch import Fetcher, FetchSettings
from harvesters.ldes import Client, State
from registry.record import canonical, digest, shift

POLL = 5.0
"""Seconds between two readings."""


class Follower(Loop):
    """The thread that hears what its process says."""

    def __init__(self, address: str, tally: Tally, stop: threading.Event, feed: str, rounds: int) -> None:
        super().__init__(address, tally, stop, POLL)
        self.command = [sys.executable, "-m", "benchmarks.traffic.follower", feed, str(rounds)]
        self.process: subprocess.Popen[str] | None = None

    def turn(self) -> None:
        """From the start of the process to its end, which is that of the load."""
        with subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True, start_new_session=True) as self.process:
            assert self.process.stdout is not None
            for line in self.process.stdout:
                said = json.loads(line)
                if said["problem"]:
                    self.tally.fail(f"follower: {said['problem']}")
                self.tally.add(f"follow: {said['what']}", 200, said["seconds"])
        if not self.stop.is_set():
            self.tally.fail(f"a follower ended with {self.process.returncode}")

    def end(self) -> None:
        """End the process."""
        if self.process:
            self.process.terminate()


def follow(feed: str, rounds: int) -> None:
    """Follow until somebody ends this; a line of JSON for every reading."""
    settings = FetchSettings(contact="benchmark", allow_private_hosts=("127.0.0.1",), delay=0)
    while True:
        state, live = State(), dict[str, bytes]()
        for number in range(rounds):
            began, changed, problem = time.perf_counter(), 0, ""
            try:
                with tempfile.TemporaryDirectory() as cache, Fetcher(settings, cache=Path(cache)) as fetch:
                    client = Client(fetch, state)
                    for batch in client.members(feed):
                        changed += len(batch)
                        for member in batch:
                            if member.kind == "delete":
                                live.pop(member.object, None)
                            else:
                                live[member.object] = digest(canonical(member.payload, member.object))
                told = client.told
                if told is None or (told.digest, told.live) != (_sum(live), len(live)):
                    problem = f"{len(live)} records do not make the digest that was told"
            except Exception as error:
                problem = f"{type(error).__name__}: {error}"
            what = "all" if number == 0 else "news" if changed else "nothing new"
            print(json.dumps({"what": what, "seconds": time.perf_counter() - began, "problem": problem}), flush=True)
            time.sleep(POLL)


def _sum(live: dict[str, bytes]) -> str:
    state = bytes(32)
    for one in live.values():
        state = shift(state, add=one)
    return state.hex()


if __name__ == "__main__":
    follow(sys.argv[1], int(sys.argv[2]))
