"""SPARQL over HTTP against pyoxigraph in process, `oxigraph serve` in memory, and rdflib-endpoint, on the same quads.

`python -m benchmarks.sparql` takes 1,000 generated sites, `--full` also 10,000 and 100,000, `--sites N` any number;
`--data DIR` keeps the catalogues for the next time. One client asks each of twelve queries everywhere in turn, so that
whatever else the machine does slows all of them alike, and a few times in a row, as one does who goes on asking; then
four clients ask all of them of one server after the other. rdflib-endpoint is asked when all that is done.
Writes `results/sparql.json`.
"""

from __future__ import annotations

import http.client
import itertools
import math
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pyoxigraph as ox
import requests

from benchmarks import serving
from registry.examples import Example, examples
from registry.project import Follower

RUNS, WHILE = 9, 1.5
"""So many turns at least, and so many seconds: nine turns of a light query are over in a moment, and would tell what
else the machine did just then."""
IN_A_ROW, ROW = 5, 0.05
"""At most so many answers in a row, if they are there within so many seconds: each server has slept since its last
turn, with the processor at the work of others, and a single answer would be that of one just woken."""
PATIENCE = 10.0
"""Seconds for one answer: what takes longer counts as no answer."""
LONG = 60.0
"""Seconds for all turns of one query: nine of one that takes two seconds, as three of them would tell little."""
BRIEFLY = 0.5
"""Seconds for all the runs of one query where it does not matter whether it takes hundred times as long, or more."""
CLIENTS = 4
ROUNDS, SECONDS = 3, 1.5
TIMES = 4
"""A round takes so many times what all queries take one after the other, if that is longer: on two processors each
client then comes to every query about twice. A round of a few answers says little, and each worker has to meet each
query before it is warm."""
HEAVIEST = 1000.0
"""Milliseconds in process from which on a query is not asked by several clients at once."""
LIGHT = 20.0
"""Milliseconds in process up to which a query is one of the light ones, whose way costs more than their answer."""
RDFLIB = 1_000
"""Sites up to which rdflib-endpoint takes part: loading ten times as many takes it minutes, and its answers, too."""
_POST = {"Accept": "application/sparql-results+json", "Content-Type": "application/x-www-form-urlencoded"}


def twelve() -> tuple[Example, ...]:
    """The first twelve of the examples of the guide for developers."""
    return examples()[:12]


def main() -> None:
    """Measure, print, write the results."""
    serving.at_sizes("sparql", __doc__, measure)


def measure(folder: Path, sites: int) -> dict[str, Any]:
    """All figures for one catalogue."""
    store = ox.Store()
    Follower(str(folder / "ledger.sqlite")).load(store)
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        store.dump(scratch / "all.nq", format=ox.RdfFormat.N_QUADS)
        servers = {
            "orte": (server := stack.enter_context(serving.orte(folder)), f"{server}/sparql"),
            "oxigraph serve": stack.enter_context(_oxigraph(scratch / "all.nq")),
        }
        alone = _one_client(store, {name: address for name, (_, address) in servers.items()})
        _print_alone(alone, sites, len(store))
        heavy = [example.query for example in twelve() if alone[example.name]["in process"] < HEAVIEST]
        light = [example.query for example in twelve() if alone[example.name]["in process"] < LIGHT]
        turn = sum(took for times in alone.values() if (took := times["in process"]) < HEAVIEST) / 1000
        for _, address in servers.values():  # until workers are warm, nothing counts
            _clients(address, heavy, 2 * _round(turn))
        found = {
            "sites": sites, "quads": len(store), "milliseconds": alone,
            "all_answers_per_s": _together(servers, heavy, f"{len(heavy)} queries, {CLIENTS} clients", turn),
            "light_answers_per_s": _together(servers, light, f"{len(light)} light queries, {CLIENTS} clients"),
        }  # fmt: skip
        if sites <= RDFLIB:
            for query, took in _of_rdflib(scratch / "all.nq").items():
                alone[query]["rdflib-endpoint"] = took
        return found | {"milliseconds": _without_infinity(alone)}


def _of_rdflib(quads: Path) -> dict[str, float]:
    """Medians in milliseconds, by query, of rdflib-endpoint alone.

    It goes on with what was given up, and would slow whoever is asked next, itself included: it is started anew then.
    """
    print("\nrdflib-endpoint, one client; milliseconds")
    found: dict[str, float] = {}
    while left := [example for example in twelve() if example.name not in found]:
        with _rdflib(quads) as (_, address):
            connection = _connection(address)
            for example in left:
                ask = lambda query=example.query: _asked(connection, address, query)  # noqa: E731, B023
                took = found[example.name] = _in_turn({"it": ask}, 0.0, BRIEFLY)["it"]
                print(f"  {example.name:30}{_cell(took)}", flush=True)
                if took == math.inf:
                    break
    return found


def _one_client(store: ox.Store, addresses: dict[str, str]) -> dict[str, dict[str, float]]:
    """Medians in milliseconds, by query and then by who answered."""
    found = {}
    connections = {name: _connection(address) for name, address in addresses.items()}
    for example in twelve():
        query = example.query
        ways: dict[str, Callable[[], object]] = {"in process": lambda q=query: _in_process(store, q)}  # type: ignore[misc]
        for name, address in addresses.items():
            ways[name] = lambda c=connections[name], a=address, q=query: _asked(c, a, q)  # type: ignore[misc]
        found[example.name] = _in_turn(ways)
    return found


def _in_process(store: ox.Store, query: str) -> bytes | None:
    answer = store.query(query)
    assert isinstance(answer, ox.QuerySolutions)
    return answer.serialize(format=ox.QueryResultsFormat.JSON)


def _connection(address: str) -> http.client.HTTPConnection:
    """A client that costs little: one of a few layers would take as long as a light query."""
    return http.client.HTTPConnection(urlsplit(address).netloc, timeout=PATIENCE)


def _asked(connection: http.client.HTTPConnection, address: str, query: str) -> None:
    """Raises NoAnswer."""
    body = urlencode({"query": query}).encode()
    try:
        connection.request("POST", urlsplit(address).path, body, _POST)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException) as error:
        connection.close()  # the next request opens it again
        raise NoAnswer from error
    if answer.status != 200:
        raise NoAnswer


class NoAnswer(Exception):
    """None within the time, or an error."""


def _in_turn(ways: dict[str, Callable[[], object]], least: float = WHILE, most: float = LONG) -> dict[str, float]:
    """Medians in milliseconds, without the first time: a worker is a fork and first has to copy what the query touches,
    as the counters of references are among it. All turns together take `least` to about `most` seconds."""
    first = {name: _milliseconds(ask) for name, ask in ways.items()}
    times: dict[str, list[float]] = {name: [] for name in ways}
    began = time.perf_counter()
    for turn in itertools.count(1):
        for name, ask in ways.items():
            if math.inf not in (first[name], *times[name]):
                times[name] += _row(ask)
        passed = time.perf_counter() - began
        if passed > most or (turn >= RUNS and passed > least):
            break
    return {
        name: math.inf if math.inf in (first[name], *found) else statistics.median(found)
        for name, found in times.items()
    }


def _row(ask: Callable[[], object]) -> list[float]:
    """How long each of a few answers in a row takes."""
    end = time.perf_counter() + ROW
    times = [_milliseconds(ask)]
    while len(times) < IN_A_ROW and time.perf_counter() < end and math.inf not in times:
        times.append(_milliseconds(ask))
    return times


def _milliseconds(ask: Callable[[], object]) -> float:
    """How long an answer takes; infinity where there is none."""
    began = time.perf_counter()
    try:
        ask()
    except NoAnswer:
        return math.inf
    return (time.perf_counter() - began) * 1000


def _together(
    servers: dict[str, tuple[serving.Server, str]], queries: Sequence[str], title: str, turn: float = 0.0
) -> dict[str, float]:
    """Answers a second of each server, medians of rounds in turn; and of the processor time of all its processes.

    `turn` is how many seconds all the queries take in process, one after the other. Workers should be warm.
    """
    rates: dict[str, list[tuple[float, float]]] = {name: [] for name in servers}
    for _ in range(ROUNDS):
        for name, (server, address) in servers.items():
            used, began = server.seconds(family=True), time.perf_counter()
            answers = _clients(address, queries, _round(turn))
            passed, used = time.perf_counter() - began, server.seconds(family=True) - used
            rates[name].append((answers / passed, answers / used))
    found = {}
    print(f"\n{title}; answers a second, and a second of processor time")
    for name, pairs in rates.items():
        by_clock, by_processor = (statistics.median(one) for one in zip(*pairs, strict=True))
        found[name], found[f"{name}, processor"] = by_clock, by_processor
        print(f"  {name:22}{by_clock:10.0f}{by_processor:10.0f}")
    found["share"] = found["orte"] / found["oxigraph serve"]
    print(f"  {'orte / oxigraph serve':22}{found['share']:10.2f}", flush=True)
    return found


def _round(turn: float) -> float:
    """For how many seconds several clients ask, where all queries take `turn` seconds one after the other."""
    return max(SECONDS, TIMES * turn)


def _clients(address: str, queries: Sequence[str], seconds: float) -> int:
    """So many clients for so many seconds, each asking all queries again and again; how many answers they got."""
    counts = [0] * CLIENTS
    end = time.perf_counter() + seconds
    parts = urlsplit(address)

    def ask(number: int) -> None:
        connection = http.client.HTTPConnection(parts.netloc, timeout=30)
        bodies = [urlencode({"query": query}).encode() for query in queries]
        start = number * len(bodies) // CLIENTS
        for body in itertools.islice(itertools.cycle(bodies), start, None):
            if time.perf_counter() > end:
                break
            connection.request("POST", parts.path, body, _POST)
            answer = connection.getresponse()
            answer.read()
            counts[number] += answer.status == 200
        connection.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts)


def _without_infinity(found: dict[str, dict[str, float]]) -> dict[str, dict[str, float | None]]:
    """As JSON has it: null where there was no answer."""
    return {
        query: {name: time if time < math.inf else None for name, time in times.items()}
        for query, times in found.items()
    }


def _print_alone(found: dict[str, dict[str, float]], sites: int, quads: int) -> None:
    names = list(next(iter(found.values())))
    print(f"\nSPARQL on {sites:,} sites ({quads:,} quads), one client; milliseconds")
    print(f"  {'':30}" + "".join(f"{name:>17}" for name in names) + f"{'orte: more':>17}")
    for query, times in found.items():
        cells = "".join(_cell(times[name]) for name in names)
        print(f"  {query:30}{cells}{times['orte'] - times['in process']:17.2f}", flush=True)


def _cell(milliseconds: float) -> str:
    return f"{milliseconds:17.2f}" if milliseconds < math.inf else f"{'no answer':>17}"


@contextmanager
def _oxigraph(quads: Path) -> Iterator[tuple[serving.Server, str]]:
    """`oxigraph serve` in memory with the same quads."""
    address = f"http://127.0.0.1:{_free()}"
    command = [str(_beside("oxigraph")), "serve", "--bind", address.removeprefix("http://")]
    with serving.program(command, address) as server:
        with quads.open("rb") as file:
            headers = {"Content-Type": "application/n-quads"}
            requests.post(f"{server}/store", data=file, headers=headers, timeout=600).raise_for_status()
        yield server, f"{server}/query"


@contextmanager
def _rdflib(quads: Path) -> Iterator[tuple[serving.Server, str]]:
    """`rdflib-endpoint serve` with the same quads."""
    port = _free()
    command = [str(_beside("rdflib-endpoint")), "serve", "--port", str(port), "--host", "127.0.0.1", str(quads)]
    with serving.program(command, f"http://127.0.0.1:{port}", patience=600) as server:
        yield server, f"{server}/"


def _beside(program: str) -> Path:
    """A program that was installed with this Python."""
    return Path(sys.executable).parent / program


def _free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


if __name__ == "__main__":
    main()
