"""How a server starts: what it loads before it listens, and what waits until the first visitors have been served."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from registry import ahead
from registry.api import app as module
from registry.api import create_app
from registry.cli.app import COMMANDS, application
from registry.config import Config
from registry.engine import Engine
from registry.ledger import Ledger
from registry.vocabulary import vocabulary
from registry.web import Pages
from tests.conftest import ROOT
from tests.registry.conftest import BASE

T = TypeVar("T")
_HEAVY = (
    "pyshacl", "rdflib", "openpyxl", "extruct", "SPARQLWrapper", "requests", "rich", "shapely", "rapidfuzz",
    "tldextract", "selectolax", "dateutil", "harvesters.fetch", "harvesters.clean", "harvesters.lift",
    "registry.harvesting", "registry.ingest", "registry.identity.resolve", "registry.unify",
)  # fmt: skip


def test_a_server_does_not_wait_for_what_only_harvests_and_checks_need() -> None:
    program = f"import sys, registry.cli.serve, registry.api; print(*(sys.modules.keys() & {set(_HEAVY)}))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_one_command_is_as_good_as_all_of_them() -> None:
    whole = CliRunner().invoke(application(), ["--help"])
    assert all(f"  {name} " in whole.stdout for name in COMMANDS)
    for name in ("serve", "sources", "token"):  # a command, and groups of them
        alone, among = (CliRunner().invoke(app, [name, "--help"]) for app in (application(name), application()))
        assert alone.exit_code == 0
        assert alone.stdout == among.stdout


class Watched(Engine):
    """An engine that starts nothing, and remembers what was asked of it."""

    def __init__(self, done: list[str], started: threading.Event) -> None:
        super().__init__("none:None", {})
        self.done = done
        self.started = started

    async def start(self) -> None:
        self.done.append("start")
        self.started.set()

    async def stop(self) -> None:
        self.done.append("stop")


def _large(monkeypatch: pytest.MonkeyPatch, folder: Path, lead: float) -> Config:
    """A registry that passes for a large one, whose engine waits so many seconds."""
    monkeypatch.setattr("registry.api.catalogue._SMALL", 0)
    monkeypatch.setattr(module, "LEAD", lead)
    config = Config(data=folder, base_url=BASE)
    Ledger.open(config.ledger, BASE).close()
    return config


def test_the_engine_of_a_large_catalogue_starts_when_visitors_have_been_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = _large(monkeypatch, tmp_path, 0.0)
    done: list[str] = []
    started = threading.Event()
    with TestClient(create_app(config, Watched(done, started)), base_url=BASE) as client:
        assert started.wait(60)
        assert client.get("/health/live").status_code == 200
    assert done == ["start", "stop"]


def test_pages_do_not_wait_for_an_engine_that_has_not_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = _large(monkeypatch, tmp_path, 3600.0)
    done: list[str] = []
    with TestClient(create_app(config, Watched(done, threading.Event())), base_url=BASE) as client:
        assert client.get("/sites").status_code == 200
        answer = client.get("/sparql", params={"query": "ASK {}"})
        assert answer.status_code == 503
        assert 1 <= int(answer.headers["Retry-After"]) <= 10
        assert done == []
    assert done == ["stop"]  # and it ends without having waited


def test_a_start_reads_ahead_what_the_last_one_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "loaded.txt"
    monkeypatch.setattr(ahead, "REMEMBERED", file)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    ahead.remember()
    assert not file.exists()
    ahead._read()  # nothing is remembered
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    ahead.remember()
    loaded = file.read_text().splitlines()
    assert ahead.__cached__ in loaded
    assert any("pyoxigraph" in one for one in loaded[:20]), "libraries come first"
    asked: list[int] = []
    monkeypatch.setattr(os, "posix_fadvise", lambda opened, *_: asked.append(opened))
    file.write_text(f"{tmp_path}/gone\n{__file__}\n")
    ahead._read()
    assert len(asked) == 1


_AT_ONCE = "import registry.cli.serve as serve; serve.SETTLE = 0.0; from registry.cli import main; main()"


def test_what_a_server_has_others_do_ends_with_it(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "ledger.sqlite", "http://127.0.0.1:8000")
    arguments = ["--data", str(tmp_path), "serve", "--port", "0"]
    with ledger.transaction():  # whoever publishes waits for this to end
        process = subprocess.Popen([sys.executable, "-c", _AT_ONCE, *arguments], cwd=ROOT, stderr=subprocess.PIPE)
        assert process.stderr is not None
        try:
            assert next(line for line in process.stderr if b"open http://" in line)
            publisher = wait_for(lambda: _child(process.pid, b"publish"))
            process.terminate()
            assert process.wait(60) == 0
            wait_for(lambda: not Path(f"/proc/{publisher}").exists())
        finally:
            process.kill()
            process.wait()
            process.stderr.close()
    ledger.close()


@pytest.mark.parametrize("style", ["plain", "json"])
def test_a_server_says_where_it_is_as_it_logs(tmp_path: Path, style: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "registry", "--data", str(tmp_path), "serve", "--port", "0", "--log", style],
        cwd=ROOT, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        line = process.stderr.readline().decode()
        assert (line.startswith("Orte serves http://")) == (style == "plain")
        said = json.loads(line)["message"] if style == "json" else line
        assert re.search(r"open http://127\.0\.0\.1:\d+ ", said)
        process.terminate()
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def _child(parent: int, word: bytes) -> int | None:
    """The child of a process that has a word in its command."""
    for thread in Path(f"/proc/{parent}/task").iterdir():
        with suppress(OSError):  # it has just ended
            for child in (thread / "children").read_text().split():
                if word in Path(f"/proc/{child}/cmdline").read_bytes():
                    return int(child)
    return None


def wait_for(found: Callable[[], T | None]) -> T:
    """What is there, as soon as it is."""
    pause = threading.Event()
    for _ in range(1200):
        if value := found():
            return value
        pause.wait(0.05)
    raise AssertionError("it never came")


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "templates"
    folder.mkdir()
    monkeypatch.setattr("registry.web.pages._TEMPLATES", folder)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return folder


@pytest.fixture
def rendered(tmp_path: Path) -> Callable[[], str]:
    """What new pages make of the template `one.html`."""

    def render() -> str:
        return Pages(Config(data=tmp_path), vocabulary()).templates.get_template("one.html").render(name="<b>")

    return render


def test_compiled_templates_are_kept_until_they_change(templates: Path, rendered: Callable[[], str]) -> None:
    (templates / "one.html").write_text("Guten Tag, {{ name }}!")
    assert rendered() == "Guten Tag, &lt;b&gt;!"
    (kept,) = (templates / "__pycache__").iterdir()
    made = kept.stat().st_mtime_ns
    assert rendered() == "Guten Tag, &lt;b&gt;!"
    assert kept.stat().st_mtime_ns == made
    (templates / "one.html").write_text("Hallo, {{ name }}!")
    assert rendered() == "Hallo, &lt;b&gt;!"
    kept.write_bytes(kept.read_bytes()[:-20])
    assert rendered() == "Hallo, &lt;b&gt;!"


def test_templates_are_compiled_where_nothing_can_be_kept(templates: Path, rendered: Callable[[], str]) -> None:
    (templates / "one.html").write_text("Guten Tag, {{ name }}!")
    (templates / "__pycache__").write_text("no folder")
    assert rendered() == "Guten Tag, &lt;b&gt;!"
    os.remove(templates / "__pycache__")


_COMPARING = ("numpy", "pyshacl", "registry.renewal", "registry.identity.resolve", "registry.joining.trial")


def test_a_harvest_without_changes_loads_nothing_that_compares(tmp_path: Path) -> None:
    program = (
        "import sys; sys.argv[1:] = ['--data', sys.argv[1], 'harvest', 'studie']\n"
        "from registry.cli import main\n"
        "try: main()\n"
        f"finally: print(*sorted(sys.modules.keys() & {set(_COMPARING)}), file=sys.stderr)"
    )
    first, second = (
        subprocess.run([sys.executable, "-c", program, tmp_path], cwd=ROOT, capture_output=True, text=True)
        for _ in range(2)
    )
    assert "17 created" in first.stderr
    assert "registry.renewal" in first.stderr
    assert "17 unchanged" in second.stderr
    assert not any(name in second.stderr for name in _COMPARING)
