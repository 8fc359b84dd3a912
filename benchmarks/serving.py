"""Servers to measure, at which sizes, and a client that costs little: it asks ahead and counts answers by length."""

from __future__ import annotations

import argparse
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.generate import data
from benchmarks.results import write

_AHEAD = 16  # requests under way on one connection


def installed() -> dict[str, str]:
    """The environment for a registry to measure: as one that is installed, it keeps the bytecode of its modules."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def at_sizes(name: str, about: str | None, measure: Callable[[Path, int], dict[str, Any]]) -> None:
    """What `api` and `sparql` have in common: options, catalogues of the sizes asked for, and where results go."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--sites", type=int)
    parser.add_argument("--data", type=Path, default=os.environ.get("ORTE_BENCH_DATA"))
    asked = parser.parse_args()
    sizes = (asked.sites,) if asked.sites else (1_000, 10_000, 100_000) if asked.full else (1_000,)
    with ExitStack() as stack:
        folder = Path(asked.data or stack.enter_context(tempfile.TemporaryDirectory()))
        write(name, [measure(data(folder / str(sites), sites), sites) for sites in sizes], full=asked.full)


class Server(str):
    """The address of a server, and the process behind it."""

    pid: int

    def seconds(self, *, family: bool = False) -> float:
        """Processor time the process has used; ``family``: with all processes below it, those that ended included."""
        return seconds(self.pid, family=family)


def exact(pid: int) -> float:
    """Milliseconds of processor time that the threads of a process have used, as exactly as the kernel counts them."""
    used = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):  # it has just ended
            used += int((thread / "schedstat").read_text().split()[0])
    return used / 1e6


def seconds(pid: int, *, family: bool = False) -> float:
    """Processor time that a process has used; ``family``: with all below it."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split() if family else []
    except OSError:  # it has just ended
        return 0.0
    own = sum(map(int, fields[11 : 15 if family else 13])) / os.sysconf("SC_CLK_TCK")
    return own + sum(seconds(int(child), family=family) for child in children)


@contextmanager
def orte(data: Path) -> Iterator[Server]:
    """The address of a registry over a data directory, when its engine answers and its dumps are written."""
    command = [sys.executable, "-m", "registry", "--data", str(data)]
    if not (data / "dump").is_dir():  # else the server would write the dumps, a minute later, and be measured meanwhile
        subprocess.run([*command, "dump"], check=True, stdout=subprocess.DEVNULL, env=installed())
    with _running([*command, "serve", "--port", "0"], r"open (http://127\.0\.0\.1:\d+)", b"") as address:
        while b"200" not in exchange(address, "/health/ready").split(b"\r\n")[0]:
            time.sleep(0.1)
        yield address


@contextmanager
def constant(body: bytes, media_type: str) -> Iterator[Server]:
    """The address of the same uvicorn answering the same bytes to everything: as fast as it can be."""
    program = (
        "import sys, uvicorn\n"
        "body = sys.stdin.buffer.read()\n"
        f"headers = [(b'content-type', {media_type.encode()!r}), (b'content-length', b'%d' % len(body))]\n"
        "async def app(scope, receive, send):\n"
        "    await send({'type': 'http.response.start', 'status': 200, 'headers': headers})\n"
        "    await send({'type': 'http.response.body', 'body': body})\n"
        "config = uvicorn.Config(app, log_level='info', access_log=False, port=0, lifespan='off')\n"
        "uvicorn.Server(config).run()\n"
    )
    with _running([sys.executable, "-c", program], r"running on (http://127\.0\.0\.1:\d+)", body) as address:
        yield address


@contextmanager
def program(command: Sequence[str], address: str, *, patience: float = 60.0) -> Iterator[Server]:
    """Any other server, by its command and the address it will have."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + patience
        while True:
            try:
                socket.create_connection(_place(address), timeout=1).close()
                break
            except OSError:
                if time.monotonic() > end or process.poll() is not None:
                    raise
                time.sleep(0.1)
        server = Server(address)
        server.pid = process.pid
        yield server
    finally:
        process.kill()
        process.wait()


@contextmanager
def _running(command: Sequence[str], says: str, given: bytes) -> Iterator[Server]:
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=installed())
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.write(given)
    process.stdin.close()
    try:
        for line in process.stderr:
            if found := re.search(says, line.decode()):
                server = Server(found[1])
                server.pid = process.pid
                yield server
                break
        else:
            raise RuntimeError(f"{command[0]} did not start")
    finally:
        process.terminate()
        process.wait(30)
        process.stderr.close()


def exchange(address: str, path: str, headers: str = "") -> bytes:
    """One whole answer: head and body."""
    with socket.create_connection(_place(address), timeout=60) as connection:
        connection.sendall(_request(path, headers, "close"))
        pieces = []
        while piece := connection.recv(1 << 16):
            pieces.append(piece)
    return b"".join(pieces)


def rate(
    address: Server, paths: Sequence[str], headers: str = "", seconds: float = 2.0, *, anew: bool = False
) -> float:
    """Answers in a second of the server's processor time to requests for the paths in turn.

    By the clock it would depend on what else the machine does. Every path must always get answers of the same length.
    ``anew``: each request has an address that nobody asked for before, so that nothing is kept of it.
    """
    lengths = [len(_one(address, path, headers)) for path in paths]
    requests = [_request(path, headers, "keep-alive") for path in paths]
    done = expected = received = 0
    with socket.create_connection(_place(address), timeout=60) as connection:
        used, end = address.seconds(), time.perf_counter() + seconds
        while time.perf_counter() < end:
            batch = [(done + i) % len(paths) for i in range(_AHEAD)]
            if anew:
                asked = (_request(f"{paths[i]}?n={done + n}", headers, "keep-alive") for n, i in enumerate(batch))
                connection.sendall(b"".join(asked))
            else:
                connection.sendall(b"".join(requests[i] for i in batch))
            expected += sum(lengths[i] for i in batch)
            while received < expected:
                received += len(connection.recv(1 << 20))
            done += _AHEAD
    if received != expected:
        raise RuntimeError("the answers were not what they were before")
    return done / (address.seconds() - used)


def timed(work: Callable[[], object]) -> float:
    """Milliseconds by the clock."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _one(address: str, path: str, headers: str) -> bytes:
    """An answer on a connection that stays open, as those that are counted."""
    with socket.create_connection(_place(address), timeout=60) as connection:
        connection.sendall(_request(path, headers, "keep-alive"))
        content = b""
        while b"\r\n\r\n" not in content:
            content += connection.recv(1 << 16)
        head, _, body = content.partition(b"\r\n\r\n")
        found = re.search(rb"(?i)content-length: (\d+)", head)
        length = int(found[1]) if found else 0
        while len(body) < length:
            body += connection.recv(1 << 16)
        return head + b"\r\n\r\n" + body


def _request(path: str, headers: str, connection: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: {connection}\r\n{headers}\r\n".encode()


def _place(address: str) -> tuple[str, int]:
    parts = urlsplit(address)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port
