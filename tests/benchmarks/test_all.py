"""`make bench` and `make bench-full`: every benchmark is run, in the form that was asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks import figures


@pytest.mark.parametrize("options", [[], ["--full"]], ids=["short", "full"])
def test_every_benchmark_is_run_in_the_form_that_was_asked_for(
    options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run: dict[str, list[str]] = {}
    written: list[bool] = []

    def call(command: list[str], **_: object) -> int:
        run[command[2].removeprefix("benchmarks.")] = command[3:]
        return int(command[2] == "benchmarks.check")

    monkeypatch.setattr(subprocess, "call", call)
    monkeypatch.setattr(figures, "write", lambda: written.append(True))
    monkeypatch.setattr(sys, "argv", ["benchmarks", *options])
    assert benchmarks.main() == 1, "one of them has failed"
    assert set(run) == {"api", "check", "feeds", "harvest", "identity", "ledger", "sparql", "start", "wear"}
    assert all(given == options for given in run.values())
    assert bool(written) is bool(options)
    assert "-- check: 0 s, failed" in capsys.readouterr().out
