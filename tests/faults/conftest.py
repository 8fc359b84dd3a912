"""The fault matrix: what was done to the registry, how often, and whether it came through."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from benchmarks import results

HERE = "tests/faults/"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print a line for each fault; with ORTE_FAULTS_RESULTS (`make faults`) write them beside the benchmarks', too.

    Where only some of the tests were run, the lines of the others stay as they are.
    A test says by `record_property` how often it did something: `tries`, of which `killed` ended a process at work.
    """
    ended = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        if report.nodeid.startswith(HERE) and report.when == "call"
    ]
    rows = [
        {
            "fault": report.nodeid.partition("::test_")[2].replace("_", " "),
            **_counts(report),
            "came through": _through(report),
        }
        for report in sorted(ended, key=lambda report: str(report.nodeid))
    ]
    if not rows:
        return
    terminalreporter.section("fault matrix")
    for row in rows:
        terminalreporter.write_line(
            f"{row['fault']:<90} {row['tries']:>4} tries {row['killed']:>4} killed  {row['came through']}"
        )
    if os.environ.get("ORTE_FAULTS_RESULTS"):
        options = terminalreporter.config
        whole = options.args == [HERE.rstrip("/")] and not options.getoption("keyword")
        results.write("faults", rows if whole else _among_others(rows))


def _among_others(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    file = results.FOLDER / "faults.json"
    earlier = json.loads(file.read_text(encoding="utf-8"))["results"] if file.is_file() else []
    named = {row["fault"]: row for row in (*earlier, *rows)}
    return [named[name] for name in sorted(named)]


def _counts(report: pytest.TestReport) -> dict[str, int]:
    said = {name: int(str(value)) for name, value in report.user_properties}
    return {"tries": said.get("tries", 1), "killed": said.get("killed", 0)}


def _through(report: pytest.TestReport) -> str:
    return "yes" if report.passed else "NO"
