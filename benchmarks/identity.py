"""How well and how fast records of one place find together: labelled pairs, restaurant guides, places with noise.

``python -m benchmarks.identity [--records 2500] [--full]``. Pairs are those of tests/registry/identity; the others are
whole catalogues, put into a ledger as a harvest does and resolved by `unify`. Nothing is trained. Of the figures,
precision and recall are those of "same" said by a rule; `--full` resolves 100,000 records.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from benchmarks.noise import Listed, listed
from benchmarks.restaurants import PUBLISHED, restaurants
from benchmarks.results import write
from registry.ingest import references
from registry.ledger import Ledger, records, runs
from registry.unify import unify
from tests.registry.identity.catalogue import BASE, described, made
from tests.registry.identity.labelled import FILE, HELD_OUT, pairs, quality

GOALS = {"precision": 0.98, "recall": 0.85, "resolve_s": 600.0, "changed_ms": 50.0}
BATCH = 500
CHANGED = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=2_500)
    parser.add_argument("--full", action="store_true", help="100,000 records; writes results/identity.json")
    wanted = parser.parse_args()
    found = {"pairs": _labelled("our labelled pairs", FILE), "held_out": _labelled("pairs kept aside", HELD_OUT)}
    found["restaurants"] = _restaurants()
    sizes = [10_000, 100_000] if wanted.full else [wanted.records]
    found["noise"] = [_noise(size) for size in sizes]
    write("identity", found, full=wanted.full)


def _labelled(title: str, file: Path) -> dict[str, Any]:
    """Precision and recall on labelled pairs, and how often a person would be asked."""
    known = pairs(file)
    how = quality(known)
    asked = sum(number for (_, verdict), number in how.counts.items() if verdict == "unsure")
    print(f"{title}: {len(known)} · precision {how.precision:.3f} (goal {GOALS['precision']}) ·"
          f" recall {how.recall:.3f} (goal {GOALS['recall']}) · unsure {asked}")  # fmt: skip
    for (truth, verdict), number in sorted(how.counts.items()):
        print(f"    {truth:>9} said to be {verdict:<9} {number:4}")
    return {"pairs": len(known), "precision": how.precision, "recall": how.recall, "unsure": asked}


def _restaurants() -> dict[str, Any] | None:
    known = restaurants()
    if known is None:
        print("Fodor's and Zagat's: not to be had here; the places with noise have to do")
        return None
    with _catalogue(known) as ledger:
        unify(ledger)
        figures = _agreement(ledger, known)
    print(f"Fodor's and Zagat's, {len(known)} entries: {_said(figures)}")
    for who, f1 in PUBLISHED.items():
        print(f"    published: F1 {f1:.3f}  {who}")
    return figures


def _noise(size: int) -> dict[str, Any]:
    """Records of places with 20 % duplicates: how many are found, how long it takes, and one changed record."""
    known = list(listed(size))
    with _catalogue(known) as ledger:
        began, worked = time.perf_counter(), time.process_time()
        unify(ledger)
        seconds, cpu = time.perf_counter() - began, time.process_time() - worked
        figures = _agreement(ledger, known)
        changes = [_change(ledger, one) for one in known[:: max(1, len(known) // CHANGED)]]
    changed, busy = (sorted(times) for times in zip(*changes, strict=True))
    figures |= {
        "records": len(known), "resolve_s": seconds, "resolve_cpu_s": cpu,
        "changed_ms": 1000 * statistics.median(changed),
        "changed_cpu_ms": 1000 * statistics.median(busy), "changed_ms_95": 1000 * changed[int(len(changed) * 0.95)],
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
    }  # fmt: skip
    print(f"places with noise, {len(known):,} records, 20 % duplicates: {_said(figures)}")
    print(f"    resolved in {seconds:.1f} s, {cpu:.1f} s of a processor, {1e6 * cpu / len(known):.0f} µs each (goal for"
          f" 100,000: {GOALS['resolve_s']:.0f} s) · {figures['memory_mb']:.0f} MB")  # fmt: skip
    print(f"    one changed record {figures['changed_ms']:.1f} ms, {figures['changed_cpu_ms']:.1f} ms of a processor,"
          f" 95th percentile {figures['changed_ms_95']:.1f} ms (goal {GOALS['changed_ms']:.0f} ms)")  # fmt: skip
    return figures


class _catalogue:  # noqa: N801 - reads like a keyword
    """A ledger with records, not yet resolved."""

    def __init__(self, known: Sequence[Listed]) -> None:
        self.known = known

    def __enter__(self) -> Ledger:
        self.folder = tempfile.TemporaryDirectory()
        self.ledger = ledger = Ledger.open(Path(self.folder.name) / "ledger.sqlite", BASE)
        with ledger.transaction():
            for source in sorted({one.source for one in self.known}):
                runs.describe(ledger.db, source, described(source))
                runs.begin(ledger.db, source, ledger.now())
        for start in range(0, len(self.known), BATCH):
            with ledger.transaction():
                for one in self.known[start : start + BATCH]:
                    _put(ledger, one, one.fields)
        return ledger

    def __exit__(self, *_: object) -> None:
        self.ledger.close()
        self.folder.cleanup()


def _put(ledger: Ledger, one: Listed, fields: dict[str, Any]) -> None:
    record = made(one.source, one.key, fields)
    (run,) = ledger.db.execute("SELECT max(id) FROM run WHERE source = ?", (one.source,)).fetchone()
    records.put(ledger.db, record, references(record), run, ledger.now())


def _change(ledger: Ledger, one: Listed) -> tuple[float, float]:
    """Seconds until the catalogue has followed one record that has another name and street, and of a processor."""
    with ledger.transaction():
        _put(ledger, one, one.fields | {"name": f"{one.fields['name']} neu", "street": "Neue Straße 1"})
    began, worked = time.perf_counter(), time.process_time()
    unify(ledger)
    return time.perf_counter() - began, time.process_time() - worked


def _agreement(ledger: Ledger, known: Sequence[Listed]) -> dict[str, Any]:
    """Precision, recall and F1 of pairs of records that are one entity."""
    places = {f"{one.source}:{one.key}": one.place for one in known}
    rows = ledger.db.execute("SELECT entity, source || ':' || raw_key FROM record WHERE status = 'live'").fetchall()
    said = set(_pairs(rows))
    true = set(_pairs((place, name) for name, place in places.items()))
    right = len(said & true)
    precision, recall = right / len(said) if said else 1.0, right / len(true) if true else 1.0
    (unsure,) = ledger.db.execute("SELECT count(*) FROM comparison WHERE verdict = 'unsure'").fetchone()
    return {"precision": precision, "recall": recall, "f1": 2 * right / (len(said) + len(true)), "unsure": unsure}


def _pairs(rows: Iterable[tuple[int, str]]) -> Iterator[tuple[str, str]]:
    """Every two names under one number."""
    groups: dict[int, list[str]] = defaultdict(list)
    for number, name in rows:
        groups[number].append(name)
    for names in groups.values():
        yield from combinations(sorted(names), 2)


def _said(figures: dict[str, Any]) -> str:
    return (f"F1 {figures['f1']:.3f} · precision {figures['precision']:.3f} · recall {figures['recall']:.3f}"
            f" · {figures['unsure']} pairs left to people")  # fmt: skip


if __name__ == "__main__":
    main()
