"""The machine's clock jumps: a real harvest while it is wrong, as after an empty battery, then one when it is right."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from registry.config import load
from registry.harvesting import due
from registry.ledger import Ledger
from registry.sources import sources
from tests.conftest import ROOT
from tests.faults.test_server import OF_MANY, data, filled, get, many, sound, sparql, until
from tests.serving import orte, serving

__all__ = ["data", "filled"]  # fixtures


@pytest.fixture
def faketime() -> str:
    """The program that shows another time to those it starts."""
    found = shutil.which("faketime")
    if found is None and os.environ.get("CI"):
        pytest.fail("faketime is not installed")
    if found is None:
        pytest.skip("faketime (a package of Debian) is not installed")
    return found


@pytest.mark.parametrize("jump", ["-400 days", "+400 days"])
def test_clock_jumps(data: Path, faketime: str, jump: str) -> None:
    """Time never goes back in the log, nothing waits for a moment that is far away, and all of it is published."""
    with serving(data) as address:
        until(lambda: sparql(address)[0] == 200)
        many(data / "sources" / "viele", 3)
        done = subprocess.run(
            [faketime, "-f", jump.replace(" days", "d"), sys.executable, "-m", "registry", "--data", str(data),
             "harvest", "viele"],
            cwd=ROOT, env=os.environ | {"FAKETIME_DONT_FAKE_MONOTONIC": "1"}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        until(lambda: b'"3"' in sparql(address, OF_MANY)[1])
        with closing(Ledger.reader(data / "ledger.sqlite")) as ledger:
            source = sources(load(data))["viele"]
            assert due(ledger, [source]) == [source], "it is not asked again before the wrong time comes"
        many(data / "sources" / "viele", 5)
        assert orte(data, "harvest", "viele").returncode == 0
        until(lambda: b'"5"' in sparql(address, OF_MANY)[1])
        assert get(address, "/health")[0] == get(address, "/sources")[0] == get(address, "/sources/viele")[0] == 200
    with closing(Ledger.reader(data / "ledger.sqlite")) as ledger:
        started = ledger.db.execute("SELECT started FROM run WHERE source = 'viele' ORDER BY id").fetchall()
        published = [moment for (moment,) in ledger.db.execute("SELECT published FROM activity ORDER BY sequence")]
    assert (started[0] < started[1]) == (jump[0] == "-"), "the clock was not wrong"
    assert published == sorted(published)
    sound(data)
