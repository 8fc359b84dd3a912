"""How long it takes from nothing to an answer: harvest of the study's places, and start of the server."""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import tempfile
import time

from benchmarks.results import write
from benchmarks.serving import installed

RUNS = 3


def main() -> None:
    """Print medians of whole processes, in seconds."""
    harvests, starts = [], []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            orte = [sys.executable, "-m", "registry", "--data", folder]
            began = time.perf_counter()
            subprocess.run([*orte, "harvest", "studie"], check=True, capture_output=True, env=installed())
            harvests.append(time.perf_counter() - began)
            starts.append(_start([*orte, "serve", "--port", "0"]))
    found = {"first_harvest_s": statistics.median(harvests), "start_s": statistics.median(starts)}
    print(f"first harvest of the study's places   {found['first_harvest_s']:6.2f} s")
    print(f"start of the server until it answers  {found['start_s']:6.2f} s")
    write("start", found, full="--full" in sys.argv[1:])


def _start(command: list[str]) -> float:
    began = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=installed())
    assert process.stderr is not None
    try:
        next(line for line in process.stderr if re.search(r"open http://", line))
        return time.perf_counter() - began
    finally:
        process.terminate()
        process.wait(30)


if __name__ == "__main__":
    main()
