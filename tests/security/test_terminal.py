"""What strangers wrote reaches a terminal as text: it neither obeys it, nor shows it in another order."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from registry.cli.terminal import cell, plain
from tests.conftest import ROOT
from tests.registry.conftest import Ground
from tests.security.conftest import Lenient
from tests.serving import orte

EVIL = "\x1b]0;übernommen\x07\x1b[2J\x9b31mrot\u202egelesen\r\x08[/b][link=file:///etc]"
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
NAMES = "SELECT ?n { ?s <https://schema.org/name> ?n }"


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    ground = Ground(tmp_path_factory.mktemp("terminal"), Lenient())  # type: ignore[arg-type]
    place = {"lat": 51.3, "lon": 12.4, "text": EVIL}
    ground.harvest([{"key": f"{n}{EVIL}", "name": f"Haus {n} {EVIL}", **place} for n in range(3)])
    ground.harvest([{"key": "weiter", "name": "Haus 1", "lat": "x", **place}])
    return ground


@pytest.mark.parametrize(
    "arguments",
    [
        ("report", "liste"), ("quarantine",), ("sources",), ("harvest", EVIL.replace("\x00", "")),
        ("backup", f"/nicht/da/{EVIL}"),
    ],
)  # fmt: skip
def test_no_command_hands_on_what_a_terminal_obeys(ground: Ground, arguments: tuple[str, ...]) -> None:
    done = orte(ground.folder, *arguments)
    assert "Traceback" not in done.stderr
    assert not OBEYED.search(done.stdout), ascii(done.stdout)
    if arguments[0] != "harvest":  # what somebody typed is repeated by what reads the command line
        assert not OBEYED.search(done.stderr), ascii(done.stderr)


def test_answers_go_into_files_as_they_are_and_to_a_terminal_as_text(ground: Ground) -> None:
    found = json.loads(orte(ground.folder, "query", NAMES, "--format", "json").stdout)
    assert any("\x1b]0;" in row["n"]["value"] for row in found["results"]["bindings"])
    shown = _in_a_terminal(ground.folder, "query", NAMES, "--format", "csv")
    assert "\\x1b]0;übernommen\\x07" in shown
    assert not OBEYED.search(shown.replace("\r\n", "\n")), ascii(shown)


def test_a_table_reads_no_orders_in_brackets() -> None:
    console = Console(width=200)
    with console.capture() as said:
        console.print(cell(EVIL))
    assert "[/b][link=file:///etc]" in said.get()
    assert not OBEYED.search(said.get())
    assert plain("Straße\tmit\nUmlaut – „so“ 🏠") == "Straße\tmit\nUmlaut – „so“ 🏠"


def _in_a_terminal(data: Path, *arguments: str) -> str:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "registry", "--data", str(data), *arguments], cwd=ROOT, stdout=theirs, stdin=theirs
    ) as process:
        os.close(theirs)
        said = b""
        try:
            while piece := os.read(ours, 65536):
                said += piece
        except OSError:  # the other end is closed
            pass
        assert process.wait(60) == 0
    os.close(ours)
    return said.decode()
