"""What a store in memory loses as its catalogue changes, and why the engine's host is renewed when it does.

A share of the literals is replaced by others, as harvests do over weeks. Oxigraph keeps places and texts of what was
removed; so memory grows, and queries step over what is no more there. `python -m benchmarks.wear` takes 1,000 generated
sites, `--full` 10,000. Each share is that of quads replaced since the load: at `EngineOptions.renew_share` a fresh host
takes over, and all is as in the first column again. Writes `results/wear.json`.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from benchmarks.generate import data
from benchmarks.results import show, write
from benchmarks.sparql import twelve
from benchmarks.watching import resident
from registry.engine.confine import give_back_memory
from registry.engine.interface import EngineOptions
from registry.project import Follower
from registry.terms import RDF, XSD

RENEWAL = EngineOptions.renew_share
SHARES = (0.0, RENEWAL, 2 * RENEWAL, 4 * RENEWAL)
RUNS = 5
_TEXT = (XSD["string"], RDF["langString"])


def main() -> None:
    """Measure, print, write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--data", type=Path, default=os.environ.get("ORTE_BENCH_DATA"))
    asked = parser.parse_args()
    sites = 10_000 if asked.full else 1_000
    with ExitStack() as stack:
        folder = Path(asked.data or stack.enter_context(tempfile.TemporaryDirectory()))
        found = measure(data(folder / str(sites), sites), sites)
    show(found, "share_replaced")
    write("wear", found, full=asked.full)


def measure(folder: Path, sites: int) -> list[dict[str, Any]]:
    """A row for each share: bytes a quad, and milliseconds that all twelve queries take together."""
    before = resident(os.getpid())
    store = ox.Store()
    Follower(str(folder / "ledger.sqlite")).load(store)
    quads, rows, replaced = len(store), [], 0
    give_back_memory()
    size = resident(os.getpid()) - before
    changes = _changes(store)
    beside = resident(os.getpid()) - before - size
    for share in SHARES:
        for old, new in islice(changes, round(share * quads) - replaced):
            store.remove(old)
            store.add(new)
            replaced += 1
        give_back_memory()
        rows.append(
            {
                "sites": sites, "quads": len(store), "replaced": replaced, "share_replaced": share,
                "bytes_per_quad": (resident(os.getpid()) - before - beside) / quads,
                "twelve_queries_ms": sum(_milliseconds(store, example.query) for example in twelve()),
            }
        )  # fmt: skip
    return rows


def _changes(store: ox.Store) -> Iterator[tuple[ox.Quad, ox.Quad]]:
    """Texts all over the store, each with a new one of the same length, without end."""
    quads = [quad for quad in store if isinstance(quad.object, ox.Literal) and quad.object.datatype in _TEXT]
    random.Random(0).shuffle(quads)
    return (_change(quads, number) for number in itertools.count())


def _change(quads: list[ox.Quad], number: int) -> tuple[ox.Quad, ox.Quad]:
    place = number % len(quads)
    old = quads[place]
    assert isinstance(old.object, ox.Literal)
    text = ox.Literal(f"{old.object.value[:-7]}{number:07}", language=old.object.language)
    quads[place] = ox.Quad(old.subject, old.predicate, text, old.graph_name)
    return old, quads[place]


def _milliseconds(store: ox.Store, query: str) -> float:
    taken = []
    for _ in range(RUNS):
        began = time.perf_counter()
        store.query(query).serialize(format=ox.QueryResultsFormat.JSON)
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
