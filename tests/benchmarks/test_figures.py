"""No figure in the README that the benchmarks did not print."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import figures


def test_the_readme_has_the_table_that_the_results_give() -> None:
    text = figures.README.read_text(encoding="utf-8")
    assert figures.written(text) == text, "run: python -m benchmarks.figures --write"


def test_only_what_was_measured_is_in_the_table(tmp_path: Path) -> None:
    assert "| what" not in figures.table(tmp_path)
    machine = {"processor": "Z80", "cores": 1, "memory_gb": 1, "python": "3.11.0", "load": 0.25}
    results = {"pyshacl": 12.0, "prepared": 100.0, "processes": 2, "together": 180.0}
    content = {"measured": "2026-11-22", "machine": machine, "results": results}
    (tmp_path / "check.json").write_text(json.dumps(content), encoding="utf-8")
    table = figures.table(tmp_path)
    assert "| validation, 2 processes | 180 records/s | 12/s with pyshacl alone" in table
    assert table.count("\n| ") == 1  # below the heading
    assert "Measured 2026-11-22 on 1 cores (Z80), 1 GB, Python 3.11.0, load up to 0.2." in table
    readme = tmp_path / "README.md"
    readme.write_text(f"Before\n{figures.BEGIN}\nold\n{figures.END}\nAfter\n", encoding="utf-8")
    figures.write(readme, tmp_path)
    assert readme.read_text(encoding="utf-8") == f"Before\n{figures.BEGIN}\n{table}{figures.END}\nAfter\n"
    with pytest.raises(ValueError, match="no place"):
        figures.written("Nothing here", tmp_path)
