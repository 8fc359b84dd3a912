"""Run every benchmark beside this file, each in a process of its own: its short form, or with `--full` its long one.

They share the generated catalogues: those in `ORTE_BENCH_DATA`, or in a folder that is gone afterwards.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks import figures
from benchmarks.results import FOLDER, SHORT

HERE = Path(__file__).resolve().parent
NOT_BENCHMARKS = {
    "__init__", "__main__", "chart", "datasette", "figures", "generate", "lists", "load", "noise", "restaurants",
    "results", "serving", "starting", "watching",
}  # fmt: skip


def main() -> int:
    """Print the machine, then what each benchmark prints, then the table; 1 when one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="the long forms; writes results/ and the README's table")
    full = parser.parse_args().full
    with tempfile.TemporaryDirectory(dir=os.environ.get("ORTE_BENCH_TMP")) as folder:
        failed = _all({"ORTE_BENCH_DATA": folder} | os.environ, ["--full"] if full else [])
    if full:
        figures.write()
    print(f"\n{figures.table(FOLDER if full else SHORT)}")
    return int(failed)


def _all(environment: Mapping[str, str], options: Sequence[str]) -> bool:
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}")
    failed = False
    for file in sorted(HERE.glob("*.py")):
        if file.stem not in NOT_BENCHMARKS:
            print(f"\n== {file.stem} ==", flush=True)
            command = [sys.executable, "-m", f"benchmarks.{file.stem}", *options]
            began = time.perf_counter()
            wrong = subprocess.call(command, cwd=HERE.parent, env=environment) != 0
            print(f"-- {file.stem}: {time.perf_counter() - began:.0f} s{', failed' if wrong else ''}", flush=True)
            failed |= wrong
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
