"""A server that starts over a data directory: when it first answers what, and what it then holds in memory."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import registry
from benchmarks.watching import Served, memory, resident, serve

_ASK = "/sparql?query=ASK%7B%3Fs%20%3Fp%20%3Fo%7D"
_PAGES = ("/", "/sites", "/sites?q=werkstatt", "/sites?theme=crafts", "/networks", "/sites?sort=modified")


def start(folder: Path, quads: int) -> dict[str, Any]:
    """Seconds from the start of the process to the first list, page, entity and answer of the engine; memory.

    First with a cold cache of files, and again with a warm one. ``quads`` are how many the engine will hold.
    """
    forget(folder)
    with serve(folder) as server:
        found = {f"start_cold_{name}_s": seconds for name, seconds in _first(server).items()}
    with serve(folder) as server:
        found |= {f"start_{name}_s": seconds for name, seconds in _first(server).items()}
        server.until(_ASK)
        found["start_sparql_s"] = server.age()
        for path in _PAGES:
            for _ in range(20):
                server.get(path)
        host, family = resident(server.host()), _together(server.family())
        return found | {
            "api_mb": memory(server.pid) / 1e6, "host_mb": host / 1e6, "host_and_workers_mb": family / 1e6,
            "host_bytes_per_quad": host / quads, "host_and_workers_bytes_per_quad": family / quads,
        }  # fmt: skip


def _together(pids: Sequence[int]) -> int:
    """What processes hold together; one that has just been replaced holds nothing."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            total += memory(pid)
    return total


def _first(server: Served) -> dict[str, float]:
    """Seconds after which a list, an entity of it and the start page had been answered, one after the other."""
    found = {}
    server.until("/sites?limit=1")
    found["list"] = server.age()
    (site,) = json.loads(server.read("/sites?limit=1"))["member"]
    server.until(urlsplit(site["id"]).path, "text/html")
    found["entity"] = server.age()
    server.until("/", "text/html")
    found["page"] = server.age()
    return found


def forget(folder: Path) -> None:
    """Ask the system to forget what it keeps in memory of the files that a start reads: data, program, libraries.

    That takes no rights; what other processes have mapped (Python itself, while this one runs) stays.
    """
    os.sync()
    for file in _files(folder):
        try:
            opened = os.open(file, os.O_RDONLY)
        except OSError:
            continue
        os.posix_fadvise(opened, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(opened)


def _files(folder: Path) -> Iterator[Path]:
    yield from (file for file in folder.rglob("*") if file.is_file())
    home = Path(registry.__file__).parent.parent
    places = {Path(place) for place in sys.path if "python" in place} | {home / "registry", home / "harvesters"}
    for place in places | {home / "ontology", home / "shapes"}:
        yield from (file for file in place.rglob("*") if file.suffix in (".pyc", ".py", ".so", ".ttl", ".jsonld"))
        yield from place.rglob("*.so.*")
