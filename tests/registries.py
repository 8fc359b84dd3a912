"""Registries as real processes that know each other by address: for tests of federation, and of its faults."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

import httpx

from harvesters.source import SHIPPED
from tests.conftest import ROOT
from tests.serving import orte

CC_BY = "https://creativecommons.org/licenses/by/4.0/"
LIFT = """
CONSTRUCT { ?it a orte:CooperationSite ; schema:name ?name ; schema:description ?text }
WHERE { ?r a fx:root ; xyz:name ?n . BIND(fn:it(?r) AS ?it) BIND(STRLANG(?n, "de") AS ?name)
  OPTIONAL { ?r xyz:text ?t . BIND(STRLANG(?t, "de") AS ?text) } }
"""


def free_port() -> int:
    """A port that nobody listens on now: a registry must know its address before it has one."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


class Registry:
    """A data directory with no shipped sources, and the server over it when it runs."""

    def __init__(self, folder: Path, *, hosts: tuple[str, ...] = ("127.0.0.1",), notify: tuple[str, ...] = ()) -> None:
        self.data = folder
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True)
        self.settings(hosts, notify)

    def settings(self, hosts: tuple[str, ...] = ("127.0.0.1",), notify: tuple[str, ...] = ()) -> None:
        shipped = "".join(f"[sources.{one.parent.name}]\nenabled = false\n" for one in SHIPPED.glob("*/source.toml"))
        (self.data / "registry.toml").write_text(
            f'base_url = "{self.base}"\n[limits]\nwrites_per_minute = 100000\n'
            f"[fetch]\nallow_private_hosts = {json.dumps(hosts)}\ndelay = 0\nretries = 1\n"
            f"[feed]\nnotify = {json.dumps(notify)}\n{shipped}",
            encoding="utf-8",
        )

    def source(self, name: str, read: Mapping[str, object], *, lift: str = LIFT, every: str = "1w") -> None:
        """Describe a source of its own."""
        folder = self.data / "sources" / name
        folder.mkdir(parents=True)
        options = "".join(f"{key} = {json.dumps(value)}\n" for key, value in read.items())
        (folder / "source.toml").write_text(
            f'id = "{name}"\ntitle = {{ de = "{name}", en = "{name}" }}\npublisher = "Verein {name}"\n'
            f'licence = "{CC_BY}"\nevery = "{every}"\n[read]\n{options}[expect]\nmin_records = 0\nmax_shrink = 1.0\n',
            encoding="utf-8",
        )
        (folder / "lift.rq").write_text(lift, encoding="utf-8")

    def follows(self, peer: Registry, name: str = "nachbar") -> None:
        """Have it follow a peer."""
        read = {"reader": "feed", "peer": True, "url": f"{peer.base}/feed/records"}
        self.source(name, read, lift="CONSTRUCT {} WHERE {}")

    def start(self, command: str = "serve", *, wait: bool = True) -> Self:
        """Start the server and wait until it answers, unless others are to be started meanwhile."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "registry", "--data", str(self.data), command, "--port", str(self.port)],
            cwd=ROOT, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        if wait:
            until(self.answers)
        return self

    def answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the server ended with {self.process.returncode}"
        try:
            return httpx.get(f"{self.base}/health/live", timeout=30).status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        """As if the power was cut."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(30)
            self.process.kill()
            self.process.wait()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return orte(self.data, *arguments)

    def digest(self) -> tuple[str, int]:
        """State digest and number of all live records, as the server says."""
        found = httpx.get(f"{self.base}/digest", headers={"accept": "application/json"}, timeout=60).json()
        return found["records"]["digest"], found["records"]["count"]


def until(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    """Wait for something that another process does."""
    pause = threading.Event()
    for _ in range(int(seconds * 10)):
        if condition():
            return
        pause.wait(0.1)
    raise AssertionError("it never came")
