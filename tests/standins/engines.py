"""SPARQL engines that are real processes: `oxigraph serve` and Virtuoso, as an operator would start them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from pyoxigraph import NamedNode

from registry.engine import Remote
from registry.engine.remote.connection import Connection
from registry.engine.remote.mark import MARK
from registry.engine.remote.store import RemoteStore

_INI = """\
[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
FileExtend = 200
[TempDatabase]
DatabaseFile = virtuoso-temp.db
TransactionFile = virtuoso-temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
ServerThreads = 20
NumberOfBuffers = 4000
MaxDirtyBuffers = 2500
DirsAllowed = .
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerThreads = 16
MaxClientConnections = 16
[SPARQL]
ResultSetMaxRows = 10000000
"""
_PATIENCE = 60.0  # seconds


class RemoteEngine:
    """One process over one folder; it can be killed, started again, and started empty."""

    kind = ""
    authentication = "none"
    user = password = ""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        raise AssertionError("of a kind")

    @property
    def update_url(self) -> str:
        raise AssertionError("of a kind")

    @property
    def graph_store_url(self) -> str:
        return ""

    def command(self) -> list[str]:
        raise AssertionError("of a kind")

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            self.command(), cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        pause = threading.Event()
        for _ in range(int(_PATIENCE / 0.05)):
            try:
                if httpx.get(self.url, params={"query": "ASK {}"}, timeout=5).status_code == 200:
                    return
            except httpx.HTTPError:
                assert self._process.poll() is None, f"{self.command()[0]} ended with {self._process.returncode}"
            pause.wait(0.05)
        raise AssertionError(f"{self.command()[0]} never answered")

    def kill(self, end: signal.Signals = signal.SIGKILL) -> None:
        if self._process is not None:
            self._process.send_signal(end)
            self._process.wait(_PATIENCE)
            self._process = None

    def pause(self) -> None:
        """It is there, and says nothing more."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def lose_everything(self) -> None:
        shutil.rmtree(self.folder)

    def update(self, text: str) -> None:
        """As somebody else would write, or a person who has to repair something."""
        auth = httpx.DigestAuth(self.user, self.password) if self.authentication == "digest" else None
        headers = {"Content-Type": "application/sparql-update", "Accept": "*/*"}
        httpx.post(self.update_url, content=text, headers=headers, auth=auth, timeout=60).raise_for_status()

    def settings(self) -> Mapping[str, str]:
        """The table [engine] of registry.toml."""
        found = {"url": self.url, "update_url": self.update_url, "authentication": self.authentication}
        found["graph_store_url"] = self.graph_store_url
        return found | {"user": self.user, "password": self.password}


class OxigraphServe(RemoteEngine):
    """Of the package `oxigraph`."""

    kind = "oxigraph"
    options: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/query"

    @property
    def update_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/update"

    def command(self) -> list[str]:
        return [program("oxigraph"), "serve", "--location", "data", "--bind", f"127.0.0.1:{self.port}", *self.options]


class Virtuoso(RemoteEngine):
    """Of Debian's package `virtuoso-opensource-7-bin`."""

    kind = "virtuoso"
    authentication = "digest"
    user = password = "dba"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/sparql"

    @property
    def update_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/sparql-auth"

    @property
    def graph_store_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/sparql-graph-crud-auth"

    def command(self) -> list[str]:
        (self.folder / "virtuoso.ini").write_text(_INI.format(sql=_free_port(), http=self.port))
        (self.folder / "virtuoso.lck").unlink(missing_ok=True)  # of one that was killed
        return [program("virtuoso-t"), "+configfile", "virtuoso.ini", "+foreground"]


def remote(engine: RemoteEngine, folder: Path, home: str = "http://example.org") -> Remote:
    """An engine elsewhere as the store of a registry whose data directory is ``folder``."""
    settings = dict(engine.settings())
    return Remote(home=home, lock=str(folder / "engine.lock"), check_seconds=0.05, **settings)


def emptied(remote: Remote) -> RemoteStore:
    """Its store, as if nobody had ever used it."""
    store = RemoteStore(Connection(remote))
    store.clear()
    store.remove_graph(NamedNode(MARK))
    store.flush()
    return store


def program(name: str) -> str:
    """Where a program is; skips the test where it is not, unless CI has installed it."""
    found = shutil.which(name, path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is missing, though .ci/run installs it")
        pytest.skip(f"{name} is not installed; .ci/run says how")
    return found


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
