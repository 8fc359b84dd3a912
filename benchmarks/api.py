"""The API against what its parts can do at best, and lists beside datasette over the same sites.

Entities are compared with constant bytes of the same uvicorn. `python -m benchmarks.api` takes 1,000 generated sites,
`--full` also 10,000 and 100,000, `--sites N` any number; `--data DIR` keeps the catalogues for the next time. Writes
`results/api.json`.
"""

from __future__ import annotations

import argparse
import os
import random
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests

from benchmarks import datasette, serving
from benchmarks.generate import BASE, data
from benchmarks.results import write
from registry.ledger import Ledger

LISTS = {
    "all sites, first page": {},
    "newest first": {"sort": "modified"},
    "two filters": {"region": "14713", "theme": "crafts"},
    "word in almost all sites": {"q": "werkstatt"},
    "two words": {"q": "raum garten"},
    "part of compounds": {"q": "scheune"},
    "typing error": {"q": "Grunderscheume"},
    "box over everything": {"bbox": "-180,-90,180,90"},
    "box": {"bbox": "12.0,51.0,12.5,51.4"},
    "circle of 300 km": {"near": "51.3,12.4", "radius": "300km"},
    "circle of 5 km": {"near": "51.3,12.4", "radius": "5km"},
}
_RUNS = 40


def main() -> None:
    """Measure, print, write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--sites", type=int)
    parser.add_argument("--data", type=Path, default=os.environ.get("ORTE_BENCH_DATA"))
    asked = parser.parse_args()
    sizes = (asked.sites,) if asked.sites else (1_000, 10_000, 100_000) if asked.full else (1_000,)
    with ExitStack() as stack:
        folder = Path(asked.data or stack.enter_context(tempfile.TemporaryDirectory()))
        write("api", [measure(data(folder / str(sites), sites), sites) for sites in sizes], full=asked.full)


def measure(folder: Path, sites: int) -> dict[str, Any]:
    """All figures for one catalogue."""
    ledger = Ledger.reader(folder / "ledger.sqlite")
    iris = [iri for (iri,) in ledger.db.execute("SELECT iri FROM entity WHERE kind = 'site' AND status = 'live'")]
    ledger.close()
    random.Random(1).shuffle(iris)
    with ExitStack() as stack:
        server = stack.enter_context(serving.orte(folder))
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        other = stack.enter_context(datasette.serve(folder / "ledger.sqlite", scratch))
        return {
            "sites": sites,
            "entities_per_s": entities(server, folder, [iri.removeprefix(BASE) for iri in iris[:1000]], sites),
            "lists_ms": lists(server, other, sites),
        }


def entities(server: serving.Server, folder: Path, paths: list[str], sites: int) -> dict[str, float]:
    """Answers to requests for single entities, as parts of what the same uvicorn gives out as constant bytes."""
    print(f"\nOne entity of {sites} sites, JSON-LD; answers in a second of the server's processor time")
    body = serving.exchange(server, f"{paths[0]}.jsonld").partition(b"\r\n\r\n")[2]
    accept = "Accept: application/ld+json\r\n"
    with serving.constant(body, "application/ld+json") as constant:
        best = serving.rate(constant, ["/"])
        print(f"  {'constant bytes':34}{best:9.0f}")
        tag = next(
            line
            for line in serving.exchange(server, paths[0], accept).split(b"\r\n")
            if line.lower().startswith(b"etag")
        )
        known = f"If-None-Match: {tag.partition(b':')[2].strip().decode()}\r\n"
        found = {
            "the same one again and again": serving.rate(server, paths[:1], accept),
            "a thousand, one after the other": serving.rate(server, paths, accept),
            "304: the client has it": serving.rate(server, paths[:1], accept + known),
            "each for the first time": serving.rate(server, paths, accept, anew=True),
        }
        with _writing(folder / "ledger.sqlite"):
            found["a thousand, during 20 writes/s"] = serving.rate(server, paths, accept)
        for name, rate in found.items():
            print(f"  {name:34}{rate:9.0f}{rate / best:8.2f}")
        return {"constant bytes": best, **found}


@contextmanager
def _writing(ledger: Path) -> Iterator[None]:
    """Somebody writes into the ledger twenty times a second, and changes none of the entities asked for."""
    ended = threading.Event()

    def write() -> None:
        writer = Ledger.open(ledger, BASE)
        while not ended.wait(0.05):
            with suppress(sqlite3.OperationalError), writer.transaction():  # somebody else may be writing
                writer.db.execute("UPDATE follower SET sequence = sequence WHERE name = 'unify'")
        writer.close()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def lists(server: serving.Server, other: serving.Server | None, sites: int) -> dict[str, dict[str, float]]:
    """Pages of 50 with facets, over HTTP, in milliseconds; every request asks anew."""
    print(f"\nLists of {sites} sites, 50 on a page, with total and facets; milliseconds")
    print(f"  {'':30}{'found':>9}{'median':>9}{'p95':>9}{'processor':>11}{'datasette: median':>20}{'p95':>9}")
    found = {}
    with requests.Session() as session:
        for name, query in LISTS.items():
            there = datasette.address(other, name) if other and name in datasette.QUESTIONS else None
            found[name] = _list(session, server, name, f"{server}/sites.json?{urlencode(query)}", there)
        address, pages = f"{server}/sites.json?limit=1000&fields=name&count=0", 0
        while pages < max(8, sites // 2000):
            following = session.get(address, timeout=30).json()["view"].get("next")
            if following is None:
                break
            address, pages = _suffixed(following, server), pages + 1
        deep = (
            address.replace("limit=1000", "limit=50")
            .replace("&fields=name&count=0", "")
            .replace("fields=name&count=0&", "")
        )
        found["deep"] = _list(session, server, f"after {pages * 1000} others", deep, None)
    return found


def _list(
    session: requests.Session, server: serving.Server, name: str, address: str, there: str | None
) -> dict[str, float]:
    """Both in turn, so that whatever else the machine does slows both alike."""
    total = session.get(address, timeout=30).json()["totalItems"]
    ours: list[float] = []
    theirs: list[float] = []
    used = server.seconds()
    for _ in range(_RUNS):
        ours.append(serving.timed(lambda: session.get(address, timeout=30)))
        if there:
            theirs.append(serving.timed(lambda: session.get(there, timeout=60).raise_for_status()))
    processor = (server.seconds() - used) / _RUNS * 1000
    found = {"found": total, "median": _share(ours, 0.5), "p95": _share(ours, 0.95), "processor": processor}
    print(f"  {name:30}{total:9}{found['median']:9.1f}{found['p95']:9.1f}{processor:11.1f}", end="")
    if theirs:
        found |= {"datasette": _share(theirs, 0.5), "datasette p95": _share(theirs, 0.95)}
        print(f"{found['datasette']:20.1f}{found['datasette p95']:9.1f}", end="")
    print(flush=True)
    return found


def _share(times: list[float], share: float) -> float:
    """The time within which so many of the answers came."""
    return sorted(times)[max(0, round(share * len(times)) - 1)]


def _suffixed(address: str, server: str) -> str:
    return address.replace(f"{BASE}/sites?", f"{server}/sites.json?")


if __name__ == "__main__":
    main()
