"""The API against what its parts can do at best, and lists beside datasette over the same sites.

Entities are compared with constant bytes of the same uvicorn. `python -m benchmarks.api` takes 1,000 generated sites,
`--full` also 10,000 and 100,000, `--sites N` any number; `--data DIR` keeps the catalogues for the next time. Writes
`results/api.json`.
"""

from __future__ import annotations

import random
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests

from benchmarks import datasette, serving
from benchmarks.generate import BASE
from benchmarks.lists import different
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
    serving.at_sizes("api", __doc__, measure)


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
            "lists_ms": lists(server, other, folder / "ledger.sqlite", sites),
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


def lists(
    server: serving.Server, other: serving.Server | None, ledger: Path, sites: int
) -> dict[str, dict[str, float]]:
    """Pages of 50 with facets, over HTTP, in milliseconds: the same again and again, then hundreds, no two alike."""
    print(f"\nLists of {sites} sites, 50 on a page, with total and facets; milliseconds")
    print(f"  {'':34}{'found':>9}{'median':>9}{'p95':>9}{'processor':>11}{'p95':>9}{'datasette: median':>20}{'p95':>9}")
    found = {}
    with requests.Session() as session:
        for name, query in LISTS.items():
            there = datasette.address(other, name) if other and name in datasette.QUESTIONS else None
            found[name] = _list(session, server, name, [f"{server}/sites.json?{urlencode(query)}"] * _RUNS, there)[0]
        address, cursors = f"{server}/sites.json?limit=1000&fields=name&count=0", []
        while len(cursors) < max(8, sites // 2000):
            following = session.get(address, timeout=30).json()["view"].get("next")
            if following is None:
                break
            address = following.replace(f"{BASE}/sites?", f"{server}/sites.json?")
            cursors.append(address.partition("cursor=")[2].partition("&")[0])
        deep = [f"{server}/sites.json?limit=50&cursor={cursors[-1]}"] * _RUNS if cursors else []
        if deep:
            found["deep"] = _list(session, server, f"after {len(cursors)}000 others", deep, None)[0]
        everything: list[list[float]] = [[], []]
        for name, queries in different(ledger, cursors).items():
            addresses = [f"{server}/sites.json?{query}" for query in queries]
            found[f"distinct: {name}"], *times = _list(session, server, f"distinct: {name}", addresses, None)
            for every, some in zip(everything, times, strict=True):
                every += some
        clock, processor = everything
        found["distinct"] = {
            "median": _share(clock, 0.5), "p95": _share(clock, 0.95),
            "processor": _share(processor, 0.5), "processor p95": _share(processor, 0.95),
        }  # fmt: skip
        print(f"  {len(clock):>4}{' distinct pages':39}{_columns(found['distinct'])}")
    return found


def _list(
    session: requests.Session, server: serving.Server, name: str, addresses: Sequence[str], there: str | None
) -> tuple[dict[str, float], list[float], list[float]]:
    """Both in turn, so that whatever else the machine does slows both alike.

    Returns the figures, and of each page of ours the time by the clock and the server's processor time.
    """
    total = 0
    ours: list[float] = []
    theirs: list[float] = []
    processor: list[float] = []
    for address in addresses:
        used, began = serving.exact(server.pid), time.perf_counter()
        answer = session.get(address, timeout=30)
        ours.append((time.perf_counter() - began) * 1000)
        processor.append(serving.exact(server.pid) - used)
        answer.raise_for_status()
        total = max(total, answer.json()["totalItems"])
        if there:
            theirs.append(serving.timed(lambda: session.get(there, timeout=60).raise_for_status()))
    found = {
        "found": total, "median": _share(ours, 0.5), "p95": _share(ours, 0.95),
        "processor": _share(processor, 0.5), "processor p95": _share(processor, 0.95),
    }  # fmt: skip
    print(f"  {name:34}{total:9}{_columns(found)}", end="")
    if theirs:
        found |= {"datasette": _share(theirs, 0.5), "datasette p95": _share(theirs, 0.95)}
        print(f"{found['datasette']:20.1f}{found['datasette p95']:9.1f}", end="")
    print(flush=True)
    return found, ours, processor


def _columns(found: dict[str, float]) -> str:
    times = (found[name] for name in ("median", "p95", "processor", "processor p95"))
    return "{:9.1f}{:9.1f}{:11.1f}{:9.1f}".format(*times)


def _share(times: list[float], share: float) -> float:
    """The time within which so many of the answers came."""
    return sorted(times)[max(0, round(share * len(times)) - 1)]


if __name__ == "__main__":
    main()
