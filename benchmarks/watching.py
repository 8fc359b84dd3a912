"""A server to watch: how long it takes to answer, and what it holds in memory."""

from __future__ import annotations

import http.client
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.serving import installed, seconds


def memory(pid: int) -> int:
    """Bytes that a process holds for itself and its share of what it shares with others (PSS)."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return 1024 * int(re.search(r"^Pss: +(\d+)", text, re.M)[1])  # type: ignore[index]


def resident(pid: int) -> int:
    """Bytes of memory that a process uses, all that it shares with others included (RSS)."""
    return 1024 * int(re.search(r"^VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.M)[1])  # type: ignore[index]


class Served:
    """A running server."""

    def __init__(self, process: subprocess.Popen[str], address: str, began: float) -> None:
        self.pid = process.pid
        self.address = address
        self.began = began

    def seconds(self) -> float:
        """Processor time that the server has used, without the engine's."""
        return seconds(self.pid)

    def age(self) -> float:
        """Seconds since it was started."""
        return time.perf_counter() - self.began

    def host(self) -> int:
        """The process of the engine."""
        for child in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split():
            if b"registry.engine.host" in Path(f"/proc/{child}/cmdline").read_bytes():
                return int(child)
        raise ProcessLookupError("no engine host")

    def family(self) -> list[int]:
        """The engine's host and its workers."""
        host = self.host()
        children = Path(f"/proc/{host}/task/{host}/children").read_text().split()
        return [host, *map(int, children)]

    def get(self, path: str, accept: str = "application/json") -> int:
        """The status of an answer, read to its end."""
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=120)
        try:
            connection.request("GET", path, headers={"Accept": accept})
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()

    def read(self, path: str) -> bytes:
        """A whole answer."""
        return b"".join(self.pieces(path))

    def pieces(self, path: str) -> Iterator[bytes]:
        """An answer, a megabyte at a time. Raises ValueError when it is not 200."""
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=120)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            if answer.status != 200:
                raise ValueError(f"{path}: {answer.status}")
            while piece := answer.read(1 << 20):
                yield piece
        finally:
            connection.close()

    def until(self, path: str, accept: str = "application/json", *, seconds: float = 600.0) -> None:
        """Ask again and again until the answer is 200."""
        while self.get(path, accept) != 200:
            if self.age() > seconds:
                raise TimeoutError(path)
            time.sleep(0.01)


@contextmanager
def serve(data: Path, *arguments: str) -> Iterator[Served]:
    """A server over a data directory, from the moment it listens; ended afterwards."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "registry", "--data", str(data), "serve", "--port", "0", *arguments],
        stderr=subprocess.PIPE, text=True, env=installed(),
    )  # fmt: skip
    assert process.stderr is not None
    try:
        line = next(line for line in process.stderr if "open http://" in line)
        yield Served(process, "http://" + line.split("http://")[-1].split()[0], began)
    finally:
        process.terminate()
        process.wait(30)
        process.stderr.close()
