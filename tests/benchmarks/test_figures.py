"""No figure in the README that the benchmarks did not print."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import figures


@pytest.mark.parametrize(("file", "content"), [(figures.README, figures.table), (figures.METHOD, figures.matrix)])
def test_the_documents_have_the_tables_that_the_results_give(file: Path, content: Callable[[], str]) -> None:
    text = file.read_text(encoding="utf-8")
    assert figures.written(text, content()) == text, "run: python -m benchmarks.figures --write"


def test_only_what_was_measured_is_in_the_table(tmp_path: Path) -> None:
    assert "| what" not in figures.table(tmp_path)
    machine = {"processor": "Z80", "cores": 1, "memory_gb": 1, "python": "3.11.0", "load": 0.25}
    results = {"pyshacl": 12.0, "prepared": 180.0}
    content = {"measured": "2026-11-22", "machine": machine, "results": results}
    (tmp_path / "check.json").write_text(json.dumps(content), encoding="utf-8")
    table = figures.table(tmp_path)
    assert "| validation | 180 records/s | 12/s with pyshacl alone" in table
    assert table.count("\n| ") == 1  # below the heading
    assert "Measured 2026-11-22 on 1 cores (Z80), 1 GB, Python 3.11.0, load up to 0.2." in table
    readme = tmp_path / "README.md"
    readme.write_text(f"Before\n{figures.BEGIN}\nold\n{figures.END}\nAfter\n", encoding="utf-8")
    method = tmp_path / "METHOD.md"
    method.write_text(f"{figures.BEGIN}\n{figures.END}\n", encoding="utf-8")
    figures.write(readme, method, tmp_path)
    assert "make faults" in method.read_text(encoding="utf-8")
    assert readme.read_text(encoding="utf-8") == f"Before\n{figures.BEGIN}\n{table}{figures.END}\nAfter\n"
    with pytest.raises(ValueError, match="no place"):
        figures.written("Nothing here", "")


def test_identity_and_load_are_in_the_table(tmp_path: Path) -> None:
    quality = {"precision": 1.0, "recall": 0.9, "f1": 0.947, "unsure": 7}
    noise = {**quality, "records": 1000, "resolve_cpu_s": 3.2, "changed_ms": 12.3, "changed_ms_95": 30.0}
    pairs = {**quality, "pairs": 300}
    flat = {name: {"early": 150.0, "late": 151.0} for name in ("api_mb", "host_mb")}
    load = {
        "sites": 10000, "minutes": 60.02, "interrupted": False, "answers": 123456, "not_intended": {"list 500": 2},
        "refused_as_intended": {"hostile 503": 40}, "p99_ms": 51.0, "sparql_p99_ms": 80.0, "write_p99_ms": 900.0,
        "flat": flat,
    }  # fmt: skip
    results = {"identity": {"pairs": pairs, "held_out": pairs, "restaurants": None, "noise": [noise]}, "load": load}
    machine = {"processor": "Z80", "cores": 1, "memory_gb": 1, "python": "3.11.0", "load": 0.25}
    for name, found in results.items():
        content = {"measured": "2026-11-22", "machine": machine, "results": found}
        (tmp_path / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    table = figures.table(tmp_path)
    assert "| precision 1.000, recall 0.900 | 300 pairs, 7 left to people |" in table
    assert "| … one changed record | 12 ms |" in table
    assert (
        "| 60 minutes of mixed traffic, 10,000 sites | 123,456 answers | 40 refusals that were meant, 2 other" in table
    )
    assert "| … memory of the API | 150 → 151 MB |" in table
    assert "Fodor" not in table, "what could not be measured is not there"


def test_the_fault_matrix_has_a_line_for_each_fault(tmp_path: Path) -> None:
    rows = [{"fault": "harvest", "tries": 50, "killed": 38, "came through": "NO"}]
    (tmp_path / "faults.json").write_text(json.dumps({"measured": "2026-11-22", "results": rows}), encoding="utf-8")
    assert "| harvest | 50 | 38 | NO |\n\nDone 2026-11-22 by" in figures.matrix(tmp_path)
