"""What the ledger and its views cost as a catalogue grows: commit, unify, search, engine, start of the server, memory.

`python -m benchmarks.ledger` measures 500 and 1,000 sites, `--full` 1,000, 10,000 and 100,000. The records are those
of `benchmarks.generate`; they are committed, unified and indexed by the functions that a harvest calls. Rates and the
engine's load are per second of processor time; start and backup are by the clock. `--sites` takes other sizes. `--dumps
DIR` only fetches the dumps of a data directory, and prints what the server held meanwhile; `--start DIR` only starts a
server over it, with cold and with warm files, and loads the engine once more by itself, which counts its quads.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.generate import BASE, SOURCES, data
from benchmarks.results import show, write
from benchmarks.starting import start
from benchmarks.watching import memory, serve
from registry import search
from registry.ledger import Ledger, records, runs
from registry.record import Record
from registry.unify import unify

BATCH = 400  # raw records per transaction, as in a harvest
CHANGED = 100  # records that say something new, whatever the size of the catalogue


def measure(sites: int, folder: Path) -> dict[str, Any]:
    """Every figure at one size."""
    kept = os.environ.get("ORTE_BENCH_DATA")
    made = data(Path(kept) / str(sites) if kept else folder / "made", sites)
    fresh = folder / "fresh"
    fresh.mkdir()
    shutil.copy(made / "registry.toml", fresh)
    ledger = Ledger.open(fresh / "ledger.sqlite", BASE)
    found: dict[str, Any] = {"sites": sites}
    number, seconds = _timed(lambda: _commit(ledger, made / "ledger.sqlite"))
    found |= {"records": number, "commit_records_per_s": number / seconds}
    number, seconds = _timed(lambda: unify(ledger))
    found |= {"entities": number, "unify_entities_per_s": number / seconds}
    number, seconds = _timed(lambda: search.follow(ledger))
    found |= {"index_entities_per_s": number / seconds}
    found["nothing_changed_ms"] = 1000 * statistics.median(_timed(lambda: _publish(ledger))[1] for _ in range(5))
    found["changed_100_ms"] = 1000 * statistics.median(_timed(lambda n=n: _change(ledger, n))[1] for n in range(3))
    ledger.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    found["ledger_bytes_per_site"] = (fresh / "ledger.sqlite").stat().st_size / sites
    ledger.close()
    found |= _start(fresh)
    found |= _dump(fresh)
    found |= _fetched(fresh)
    began = time.perf_counter()
    _run("backup", fresh, str(folder / "backup"))
    found["backup_s"] = time.perf_counter() - began
    return found


def _commit(ledger: Ledger, made: Path) -> int:
    with ledger.transaction():
        numbers = {}
        for rank, source in enumerate(SOURCES):
            title = {"de": source, "en": source}
            runs.describe(ledger.db, source, {"title": title, "publisher": source, "rank": 10 + rank})
            numbers[source] = runs.begin(ledger.db, source, ledger.now())
    count = 0
    for batch in _batches(made):
        with ledger.transaction():
            for record, targets in batch:
                records.put(ledger.db, record, targets, numbers[record.source], ledger.now())
                count += 1
    return count


def _batches(made: Path) -> Iterator[list[tuple[Record, list[str]]]]:
    with_references = Ledger.reader(made)
    batch = []
    for (iri,) in with_references.db.execute("SELECT iri FROM record ORDER BY id"):
        stored = with_references.record(iri)
        assert stored is not None
        targets = [
            target
            for (target,) in with_references.db.execute("SELECT target FROM reference WHERE record = ?", (stored.id,))
        ]
        record = Record(iri, stored.source, stored.raw_key, stored.kind, stored.nquads, stored.page, stored.licence)
        batch.append((record, targets))
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch


def _publish(ledger: Ledger) -> None:
    unify(ledger)
    search.follow(ledger)


def _change(ledger: Ledger, turn: int) -> None:
    """New telephone numbers for some places, all the way into the search view."""
    iris = ledger.db.execute("SELECT iri FROM record WHERE kind = 'site' ORDER BY id LIMIT ?", (CHANGED,)).fetchall()
    with ledger.transaction():
        for (iri,) in iris:
            old = ledger.record(iri)
            assert old is not None
            lines = re.sub(r'"\+49 34\d', f'"+49 34{2 + turn}', old.nquads).split("\n")[:-1]
            nquads = "".join(sorted(f"{line}\n" for line in lines))
            record = Record(iri, old.source, old.raw_key, old.kind, nquads, old.page, old.licence)
            targets = [t for (t,) in ledger.db.execute("SELECT target FROM reference WHERE record = ?", (old.id,))]
            records.put(ledger.db, record, targets, 1, ledger.now())
    _publish(ledger)


_LOAD = """
import resource, sys, time
import pyoxigraph as ox
from registry.engine.confine import give_back_memory
from registry.project import Follower
from benchmarks.watching import memory
import os
before = memory(os.getpid())
began = time.process_time()
store = ox.Store()
Follower(sys.argv[1]).load(store)
seconds = time.process_time() - began
give_back_memory()
print(len(store), seconds, memory(os.getpid()) - before)
"""


def _engine(ledger: Path) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-c", _LOAD, str(ledger)], check=True, capture_output=True, text=True)
    quads, seconds, size = (float(part) for part in done.stdout.split())
    return {"quads": int(quads), "engine_load_s": seconds, "engine_bytes_per_quad": size / quads}


def _start(folder: Path) -> dict[str, Any]:
    engine = _engine(folder / "ledger.sqlite")
    return engine | start(folder, engine["quads"])


def _dump(folder: Path) -> dict[str, Any]:
    """All dumps written anew: seconds of processor time, and the most memory that took."""
    process = subprocess.Popen(
        [sys.executable, "-m", "registry", "--data", str(folder), "dump"],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return {"dump_s": used.ru_utime + used.ru_stime, "dump_peak_mb": used.ru_maxrss * 1024 / 1e6}


def _fetched(folder: Path) -> dict[str, Any]:
    """Every dump fetched over HTTP: what the server held before, at most meanwhile, and afterwards."""
    with serve(folder) as server:
        server.until("/sites?limit=1")
        files = json.loads(server.read("/dump"))["files"]
        time.sleep(1)  # what the start has left behind
        before = most = memory(server.pid)
        size, used = 0, server.seconds()
        for file in files:
            for piece in server.pieces(f"/dump/{file['name']}"):
                size += len(piece)
                most = max(most, memory(server.pid))
        assert size == sum(file["bytes"] for file in files)
        return {
            "dumps_mb": size / 1e6, "dumps_fetched_s": server.seconds() - used,
            "api_before_dumps_mb": before / 1e6, "api_most_during_dumps_mb": most / 1e6,
            "api_after_dumps_mb": memory(server.pid) / 1e6,
        }  # fmt: skip


def _sites(folder: Path) -> int:
    ledger = Ledger.reader(folder / "ledger.sqlite")
    (number,) = ledger.db.execute("SELECT count(*) FROM entity WHERE kind = 'site' AND status = 'live'").fetchone()
    ledger.close()
    return int(number)


def _run(command: str, folder: Path, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "registry", "--data", str(folder), command, *arguments], check=True, capture_output=True
    )


def _timed(action: Callable[[], Any]) -> tuple[Any, float]:
    """What came of it, and the seconds of this process's processor time: by the clock it would depend on others."""
    began = time.process_time()
    return action(), time.process_time() - began


def main() -> None:
    """Measure, print a table, write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="1,000, 10,000 and 100,000 sites")
    parser.add_argument("--sites", type=int, nargs="+", metavar="N", help="these sizes instead, from small to large")
    parser.add_argument("--dumps", type=Path, metavar="DIR", help="only fetch the dumps that are in there")
    parser.add_argument("--start", type=Path, metavar="DIR", help="only start a server over what is in there")
    asked = parser.parse_args()
    for folder, name, only in ((asked.dumps, "dumps", _fetched), (asked.start, "starting", _start)):
        if folder:
            found = {"data": folder.name, "sites": _sites(folder), **only(folder)}
            write(name, [found], full=asked.full)
            show([found], "data")
            return
    full = asked.full
    sizes = asked.sites or ((1_000, 10_000, 100_000) if full else (500, 1_000))
    measured = []
    for sites in sizes:
        with tempfile.TemporaryDirectory(dir=os.environ.get("ORTE_BENCH_TMP")) as folder:
            measured.append(measure(sites, Path(folder)))
            print(f"{sites:,} sites: done at {time.strftime('%H:%M:%S')}", flush=True)
    write("ledger", measured, full=full)
    write("starting", measured[-1:], full=full)
    show(measured, "sites")


if __name__ == "__main__":
    main()
