"""The API against what its parts can do at best: constant bytes, Oxigraph in process, and two other SPARQL servers.

``python -m benchmarks.api`` takes 10,000 generated sites, ``--full`` 100,000 as well (and half an hour), ``--sites N``
any number. ``--data DIR`` keeps the generated catalogues for the next time.
"""

from __future__ import annotations

import argparse
import random
import socket
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode

import pyoxigraph as ox
import requests

from benchmarks import serving
from benchmarks.generate import BASE, data
from registry.examples import examples
from registry.ledger import Ledger
from registry.project import Follower

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
_PATIENCE = 10.0  # seconds for one answer of a SPARQL server
LOOKUP = "SELECT ?p ?o WHERE { <%s> ?p ?o }"
COUNT = """PREFIX orte: <https://w3id.org/orte/ns#>
SELECT ?region (COUNT(?site) AS ?sites) WHERE { ?site orte:region ?region } GROUP BY ?region"""
JOIN = """PREFIX orte: <https://w3id.org/orte/ns#> PREFIX schema: <https://schema.org/>
SELECT ?site ?name ?network WHERE { ?site a orte:InnovationSite ; schema:name ?name ; schema:memberOf ?network .
  ?network orte:status <https://w3id.org/orte/concept/status/ended> } LIMIT 1000"""


def main() -> None:
    """Print everything for 10,000 sites, and for 100,000 if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--sites", type=int, default=10_000)
    parser.add_argument("--data", type=Path)
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = asked.data or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for sites in (asked.sites, 100_000) if asked.full else (asked.sites,):
            measure(data(folder / str(sites), sites), sites, others=sites <= 10_000)


def measure(folder: Path, sites: int, *, others: bool) -> None:
    """All figures for one catalogue. ``others``: also servers that need minutes to load a larger one."""
    ledger = Ledger.reader(folder / "ledger.sqlite")
    iris = [iri for (iri,) in ledger.db.execute("SELECT iri FROM entity WHERE kind = 'site' AND status = 'live'")]
    ledger.close()
    random.Random(1).shuffle(iris)
    with serving.orte(folder) as server:
        entities(server, folder, [iri.removeprefix(BASE) for iri in iris[:1000]], sites)
        lists(server, sites)
        sparql(server, folder, iris, sites, others=others)


def entities(server: serving.Server, folder: Path, paths: list[str], sites: int) -> None:
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


def lists(server: serving.Server, sites: int) -> None:
    """Pages of 50 with facets, over HTTP, in milliseconds; every request asks anew."""
    print(f"\nLists of {sites} sites, 50 on a page, with total and facets; milliseconds")
    print(f"  {'':34}{'found':>9}{'median':>9}{'p95':>9}{'processor':>11}")
    with requests.Session() as session:
        for name, query in LISTS.items():
            print(_list_line(session, server, name, f"{server}/sites.json?{urlencode(query)}"))
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
        print(_list_line(session, server, f"after {pages * 1000} others", deep))


def _list_line(session: requests.Session, server: serving.Server, name: str, address: str) -> str:
    total = session.get(address, timeout=30).json()["totalItems"]
    used = server.seconds()
    median, slowest = serving.milliseconds(lambda: session.get(address, timeout=30), _RUNS)
    processor = (server.seconds() - used) / _RUNS * 1000
    return f"  {name:34}{total:9}{median:9.1f}{slowest:9.1f}{processor:11.1f}"


def _suffixed(address: str, server: str) -> str:
    return address.replace(f"{BASE}/sites?", f"{server}/sites.json?")


def sparql(server: serving.Server, folder: Path, iris: list[str], sites: int, *, others: bool) -> None:
    """The same queries everywhere; medians in milliseconds, and what each is of Oxigraph in process."""
    queries = {"one entity": LOOKUP % iris[0], "count by district": COUNT, "join": JOIN}
    queries |= {example.name: example.query for example in examples() if example.query.find("SELECT") > 0}
    store = ox.Store()
    Follower(str(folder / "ledger.sqlite")).load(store)
    print(f"\nSPARQL on {sites} sites ({len(store)} quads); milliseconds, and in brackets times Oxigraph in process")
    found = {"in process": {name: _timed(lambda q=query: store.query(q).serialize(format=ox.QueryResultsFormat.JSON))  # type: ignore[misc]
                            for name, query in queries.items()}}  # fmt: skip
    found["orte"] = _asked(f"{server}/sparql", queries)
    with tempfile.TemporaryDirectory() as scratch:
        if others:
            with _oxigraph(store, Path(scratch)) as address:
                found["oxigraph serve"] = _asked(address, queries)
            with _rdflib(store, Path(scratch)) as address:
                found["rdflib-endpoint"] = _asked(address, queries)
    print(f"  {'':34}" + "".join(f"{name:>22}" for name in found))
    for name in queries:
        base = found["in process"][name]
        cells = (
            f"{times[name]:14.2f} ({times[name] / base:5.1f})" if times[name] < float("inf") else f"{'no answer':>22}"
            for times in found.values()
        )
        print(f"  {name:34}" + "".join(cells))


def _asked(address: str, queries: dict[str, str]) -> dict[str, float]:
    headers = {"Accept": "application/sparql-results+json"}

    def ask(session: requests.Session, query: str) -> None:
        session.post(address, data={"query": query}, headers=headers, timeout=_PATIENCE).raise_for_status()

    with requests.Session() as session:
        return {name: _timed(lambda q=query: ask(session, q)) for name, query in queries.items()}  # type: ignore[misc]


def _timed(work: Callable[[], object], patience: float = 4.0) -> float:
    """Median of up to 15 runs within some seconds; infinite when there is no answer in time."""
    times: list[float] = []
    end = time.perf_counter() + patience
    while len(times) < 15 and (not times or time.perf_counter() < end):
        began = time.perf_counter()
        try:
            work()
        except requests.RequestException:
            return float("inf")
        times.append((time.perf_counter() - began) * 1000)
    return sorted(times)[len(times) // 2]


@contextmanager
def _oxigraph(store: ox.Store, scratch: Path) -> Iterator[str]:
    """`oxigraph serve` in memory with the same quads."""
    port = _free()
    store.dump(scratch / "all.nq", format=ox.RdfFormat.N_QUADS)
    with serving.program(["oxigraph", "serve", "--bind", f"127.0.0.1:{port}"], f"http://127.0.0.1:{port}") as address:
        with (scratch / "all.nq").open("rb") as file:
            headers = {"Content-Type": "application/n-quads"}
            requests.post(f"{address}/store", data=file, headers=headers, timeout=600).raise_for_status()
        yield f"{address}/query"


@contextmanager
def _rdflib(store: ox.Store, scratch: Path) -> Iterator[str]:
    """`rdflib-endpoint serve` with the same quads."""
    port = _free()
    store.dump(scratch / "all.nq", format=ox.RdfFormat.N_QUADS)
    command = ["rdflib-endpoint", "serve", "--port", str(port), "--host", "127.0.0.1", str(scratch / "all.nq")]
    with serving.program(command, f"http://127.0.0.1:{port}", patience=600) as address:
        yield f"{address}/"


def _free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


if __name__ == "__main__":
    main()
