"""Reading a feed: members served per second by one process, and consumed per second by our own follower.

    python -m benchmarks.feeds [MEMBERS]

Makes a ledger of so many records (30 triples each) in a temporary folder, serves it with `orte serve`, and reads
`/feed/records` page by page over HTTP in TriG and N-Quads.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import pyoxigraph as ox
import requests

from registry.ledger import Ledger, records, runs
from registry.record import record
from registry.terms import ORTE, SCHEMA, TREE, TYPE
from tests.serving import serving

BASE = "http://127.0.0.1:8000"


def fill(data: Path, members: int) -> None:
    """A ledger with one run of so many records."""
    ledger = Ledger.open(data / "ledger.sqlite", BASE)
    with ledger.transaction():
        runs.describe(ledger.db, "last", {"title": {"de": "Last", "en": "Load"}, "publisher": "x", "rank": 1})
        run = runs.begin(ledger.db, "last", ledger.now())
    for start in range(0, members, 1000):
        with ledger.transaction():
            for number in range(start, min(start + 1000, members)):
                records.put(ledger.db, one(number), (), run, ledger.now())
    with ledger.transaction():
        runs.finish(ledger.db, run, outcome="complete", reason=None, counts={}, now=ledger.now())
    ledger.close()


def one(number: int):  # type: ignore[no-untyped-def]
    iri = f"{BASE}/sources/last/records/{number}"
    thing = ox.NamedNode(f"{iri}#it")
    triples = [ox.Triple(thing, TYPE, ORTE["CooperationSite"])]
    triples += [
        ox.Triple(thing, SCHEMA["description"], ox.Literal(f"Satz {n} über Ort {number}: Räume, Plätze", language="de"))
        for n in range(25)
    ]
    return record(
        iri, triples, source="last", source_iri=f"{BASE}/sources/last", raw_key=str(number),
        page=f"https://last.example/{number}", licence="https://creativecommons.org/licenses/by/4.0/",
    )  # fmt: skip


def pages(session: requests.Session, base: str, address: str, suffix: str, syntax: ox.RdfFormat) -> list[str]:
    """Addresses of all pages, from root and index nodes."""
    below = []
    answer = session.get(f"{address.replace(BASE, base)}.{suffix}")
    for quad in ox.parse(answer.content, syntax):
        if quad.predicate == TREE["node"]:
            target = quad.object.value
            found = [target] if "/page/" in target else pages(session, base, target, suffix, syntax)
            below += [one for one in found if one not in below]
    return below


def main() -> None:
    members = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        fill(data, members)
        with serving(data) as base, requests.Session() as session:
            for suffix, syntax in (("trig", ox.RdfFormat.TRIG), ("nq", ox.RdfFormat.N_QUADS)):
                every = pages(session, base, f"{BASE}/feed/records", suffix, syntax)
                began, size = time.perf_counter(), 0
                for address in every:
                    size += len(session.get(f"{address.replace(BASE, base)}.{suffix}").content)
                seconds = time.perf_counter() - began
                print(f"{suffix}: {members} members, {size / 1e6:.0f} MB in {seconds:.1f} s: {members / seconds:.0f}/s")


if __name__ == "__main__":
    main()
