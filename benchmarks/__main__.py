"""Run every benchmark beside this file, each in a process of its own: its short form, or with `--full` its long one.

They share the generated catalogues: those in `ORTE_BENCH_DATA`, or in a folder that is gone afterwards.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
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
    with tempfile.TemporaryDirectory(dir=os.environ.get("ORTE_BENCH_TMP")) as folder:
        return _all({"ORTE_BENCH_DATA": folder} | os.environ)


def _all(environment: Mapping[str, str]) -> int:
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}")
    failed = 0
    for file in sorted(HERE.glob("*.py")):
        if file.stem not in NOT_BENCHMARKS:
            print(f"\n== {file.stem} ==", flush=True)
            full = ["--full"] if "--full" in sys.argv[1:] and '"--full"' in file.read_text(encoding="utf-8") else []
            command = [sys.executable, "-m", f"benchmarks.{file.stem}", *full]
            began = time.perf_counter()
            wrong = subprocess.call(command, cwd=HERE.parent, env=environment) != 0
            print(f"-- {file.stem}: {time.perf_counter() - began:.0f} s{', failed' if wrong else ''}", flush=True)
            failed |= wrong
    if "--full" in sys.argv[1:]:
        figures.write()
    print(f"\n{figures.table(FOLDER if '--full' in sys.argv[1:] else SHORT)}")
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
