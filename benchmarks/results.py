"""Results as JSON in `benchmarks/results/`, each with the machine and the day, and as tables to print."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "results"
SHORT = FOLDER / "short"


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    text = Path("/proc/cpuinfo").read_text()
    names = [line.split(":", 1)[1].strip() for line in text.splitlines() if line.startswith("model name")]
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": names[0] if names else platform.machine(), "cores": os.cpu_count(),
        "memory_gb": round(pages / 1e9), "python": platform.python_version(), "load": os.getloadavg()[0],
    }  # fmt: skip


def write(name: str, rows: Any, *, full: bool = True) -> Path:
    """Write one benchmark's results; they replace the earlier ones. Those of a short form stay out of the README."""
    folder = FOLDER if full else SHORT
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.json"
    content = {"measured": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine(), "results": rows}
    file.write_text(json.dumps(content, indent=2, ensure_ascii=False, default=float) + "\n", encoding="utf-8")
    return file


def show(rows: Sequence[dict[str, Any]], by: str) -> None:
    """Print a table: a line per figure, a column per row, headed by one of its values."""
    print(f"| {by} | " + " | ".join(_short(row[by]) for row in rows) + " |")
    print("|---|" + "---:|" * len(rows))
    for name in rows[0]:
        if name != by:
            print(f"| {name.replace('_', ' ')} | " + " | ".join(_short(row.get(name, "–")) for row in rows) + " |")


def _short(value: Any) -> str:
    if isinstance(value, float) and value < 100:
        return f"{value:.2f}"
    return f"{value:,.0f}" if isinstance(value, int | float) else str(value)
