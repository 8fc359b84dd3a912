"""Reading a feed: members served and consumed per second of one core, and what each syntax costs.

    python -m benchmarks.feeds [--members N] [--full]

Fills a ledger with so many valid records of 32 triples, serves it with `orte serve`, reads `/feed/records` page by
page over HTTP in TriG and N-Quads, and then follows it as a peer does: fetch, parse, check against the shapes, commit.
Rates are by processor time, so that whatever else the machine does is not counted: the server's for serving, the
follower's (one process, checking included) for consuming.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import pyoxigraph as ox
import requests

from benchmarks import check
from benchmarks.results import write
from benchmarks.serving import Server
from harvesters.fetch import Fetcher, FetchSettings
from registry.check import Checker
from registry.federation.peers import follow_peer
from registry.ledger import Ledger, records, runs
from registry.terms import TREE
from tests.registries import Registry
from tests.registry.federation import peer_source


def fill(data: Path, base: str, members: int) -> None:
    """A ledger with one run of so many records."""
    ledger = Ledger.open(data / "ledger.sqlite", base)
    with ledger.transaction():
        runs.describe(ledger.db, "bench", {"title": {"de": "Last", "en": "Load"}, "publisher": "x", "rank": 1})
        run = runs.begin(ledger.db, "bench", ledger.now())
    some = check.records(members, f"{base}/sources/bench/records/", faulty=0)
    for start in range(0, members, 1000):
        with ledger.transaction():
            for one in some[start : start + 1000]:
                records.put(ledger.db, one, (), run, ledger.now())
    with ledger.transaction():
        runs.finish(ledger.db, run, outcome="complete", reason=None, counts={}, now=ledger.now())
    ledger.close()


def pages(session: requests.Session, address: str, suffix: str, syntax: ox.RdfFormat) -> list[str]:
    """Addresses of all pages, from root and index nodes."""
    below: list[str] = []
    answer = session.get(f"{address}.{suffix}")
    for quad in ox.parse(answer.content, syntax):
        if quad.predicate == TREE["node"] and isinstance(quad.object, ox.NamedNode):
            target = quad.object.value
            found = [target] if "/page/" in target else pages(session, target, suffix, syntax)
            below += [one for one in found if one not in below]
    return below


def serve(server: Server, members: int) -> dict[str, float]:
    """Read all pages in two syntaxes, twice: nothing is kept between the two but what the server keeps."""
    found = {}
    with requests.Session() as session:
        for suffix, syntax in (("trig", ox.RdfFormat.TRIG), ("nq", ox.RdfFormat.N_QUADS)):
            every = pages(session, f"{server}/feed/records", suffix, syntax)
            for time_ in ("first", "again"):
                before, began, size = server.seconds(), time.perf_counter(), 0
                for address in every:
                    size += len(session.get(f"{address}.{suffix}").content)
                busy, passed = server.seconds() - before, time.perf_counter() - began
                found[f"{suffix} {time_}"] = members / busy
                print(
                    f"served {suffix} {time_}: {members} members, {size / 1e6:.0f} MB,"
                    f" {members / busy:.0f}/s of one core ({members / passed:.0f}/s by the clock)"
                )
    return found


def consume(server: Server, folder: Path, members: int) -> float:
    """Follow it from the beginning, as `orte harvest` does with a peer."""
    checker = Checker()
    ledger = Ledger.open(folder / "follower.sqlite", "http://127.0.0.1:1")
    settings = FetchSettings(contact="benchmark", allow_private_hosts=("127.0.0.1",), delay=0)
    before, began = time.process_time(), time.perf_counter()
    with Fetcher(settings, cache=folder / "cache") as fetch:
        source = peer_source(folder, f"{server}/feed/records")
        run = follow_peer(ledger, checker, source, fetch, locks=folder / "locks")
    busy, passed = time.process_time() - before, time.perf_counter() - began
    assert run.counts["created"] == members, run
    print(f"consumed: {members / busy:.0f}/s of one core ({members / passed:.0f}/s by the clock); {run.reason}")
    ledger.close()
    return members / busy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int)
    parser.add_argument("--full", action="store_true", help="20,000 members instead of 2,000")
    asked = parser.parse_args()
    members = asked.members or (20_000 if asked.full else 2_000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one = Registry(folder / "origin")
        fill(one.data, one.base, members)
        one.start()
        try:
            assert one.process is not None
            server = Server(one.base)
            server.pid = one.process.pid
            found = {"members": members, "served": serve(server, members), "consumed": consume(server, folder, members)}
            write("feeds", found, full=asked.full)
        finally:
            one.stop()


if __name__ == "__main__":
    main()
