"""The server under load: its own port and data directory, its log in a file, and what it holds from time to time."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.watching import Served, memory

Sample = dict[str, float]
USUAL = ("open http://", "Invalid HTTP request received")
STARTING = 300.0
"""Seconds a server may take until it listens."""


def free_port() -> int:
    """A port on loopback that nobody listens on; the catalogue's addresses are to be those of its server."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def serve(data: Path, port: int, log: Path) -> Iterator[Served]:
    """A server in a session of its own, so that Ctrl+C ends the visitors first. Raises when it does not listen."""
    command = [sys.executable, "-m", "registry", "--data", str(data), "serve", "--port", str(port)]
    began = time.perf_counter()
    with log.open("w") as said:
        process = subprocess.Popen(command, stderr=said, start_new_session=True)
    try:
        while "open http://" not in log.read_text():
            if process.poll() is not None or time.perf_counter() - began > STARTING:
                raise ChildProcessError(f"the server did not start: {log.read_text()[-500:]}")
            time.sleep(0.05)
        yield Served(process, f"http://127.0.0.1:{port}", began)  # type: ignore[arg-type]
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def sample(server: Served, data: Path) -> Sample:
    """Megabytes of the API's process, of the engine's host (with what its workers share), of the engine with its
    workers and of what writes; of the ledger and its log; open files of the API.

    Raises:
        OSError: when the server is gone.
    """
    family = _below(server.pid)
    hosts = [
        pid for pid in family if b"registry.engine.host" in _command(pid) and pid in _below(server.pid, deep=False)
    ]
    engine = {*hosts, *(child for pid in hosts for child in _below(pid))}
    ledger = data / "ledger.sqlite"
    return {
        "api_mb": memory(server.pid) / 1e6,
        "host_mb": sum(map(_resident, hosts)) / 1e6,
        "engine_mb": sum(map(_memory, engine)) / 1e6,
        "other_mb": sum(map(_memory, set(family) - engine)) / 1e6,
        "ledger_mb": ledger.stat().st_size / 1e6,
        "log_mb": _size(ledger.with_name("ledger.sqlite-wal")) / 1e6,
        "files": float(len(os.listdir(f"/proc/{server.pid}/fd"))),
    }


def flat(samples: Sequence[Sample], name: str) -> dict[str, float]:
    """Whether a figure grows: its median in the second and in the last fifth of the time, when all is warm."""
    values = [one[name] for one in samples]
    fifth = max(1, len(values) // 5)
    early, late = (sorted(part)[len(part) // 2] for part in (values[fifth : 2 * fifth] or values, values[-fifth:]))
    return {"early": early, "late": late, "most": max(values)}


def complaints(log: Path) -> list[str]:
    """What the server wrote into its log besides that it serves, and that an attacker's request was no HTTP."""
    lines = log.read_text().splitlines()
    return [line for line in lines if line and not any(usual in line for usual in USUAL)]


def _below(pid: int, *, deep: bool = True) -> list[int]:
    """The processes below one; ``deep``: with those below them."""
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
        text = " ".join(Path(f"/proc/{pid}/task/{task}/children").read_text() for task in tasks)
    except OSError:  # it, or one of its threads, has just ended
        return []
    return [one for child in map(int, text.split()) for one in (child, *(_below(child) if deep else ()))]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _memory(pid: int) -> int:
    try:
        return memory(pid)
    except (OSError, TypeError):  # a worker that is just ending
        return 0


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0
