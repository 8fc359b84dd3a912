"""The door into the ledger: harvest a source, check what is fresh, commit it batch by batch.

The outage contract: a time-out, an error, an empty, truncated or shrunken answer never deletes. Only a complete
reading may withdraw what it did not see, and not too much at once; otherwise the run is held for a person.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

from harvesters.harvest import Batch, Ended, Fresh, harvest
from harvesters.lift import Lifts
from harvesters.reading import Context, Reader, Unreadable
from harvesters.source import Source
from registry.check import Checks, fingerprint, fits
from registry.ledger import Finding, Ledger, Run, findings, records, releases, runs
from registry.licence import facts_only
from registry.locks import alone
from registry.record import NotARecord, Record, record
from registry.terms import FINDING, FN, ORTE, REGION

Progress = Callable[[str, int], None]
"""Called with the source's id and the number of its raw records dealt with so far."""

BATCH = 400
"""Fresh raw records per transaction: a commit is worth its while, and writers elsewhere wait no longer than for one."""

UNREAD_KEPT = 100
"""Different unread keys remembered per run, the most frequent ones."""


@dataclass
class Tally:
    """What a run did, counted in the source's own entries; `seconds` by phase."""

    seen: int = 0
    unchanged: int = 0
    created: int = 0
    updated: int = 0
    withdrawn: int = 0
    quarantined: int = 0
    unliftable: int = 0
    unreadable: int = 0
    out_of_scope: int = 0
    requests: int = 0
    bytes: int = 0
    unread: Counter[str] = field(default_factory=Counter)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    def as_dict(self) -> dict[str, Any]:
        seconds = {name: round(value, 3) for name, value in self.seconds.items()}
        return {**vars(self), "unread": dict(self.unread.most_common(UNREAD_KEPT)), "seconds": seconds}


def ingest(
    ledger: Ledger,
    checker: Checks,
    source: Source,
    read: Reader,
    lift: Lifts,
    context: Context,
    *,
    locks: Path,
    least: int | None = None,
    progress: Progress = lambda source, count: None,
) -> Run:
    """Harvest one source into the ledger; every batch is durable once it is committed.

    Args:
        locks: folder of lock files, so that two harvests of one source never overlap across processes.
        least: withdraw what is absent, even when it is more than the source's `max_shrink`, if at least this many
            entries were read; 0 accepts any reading that is complete. None: `max_shrink` holds.

    Raises:
        AlreadyHarvesting: when another process is at it.
    """
    with alone(locks, source.id, source.time_limit.total_seconds()):
        known = records.raw_digests(ledger.db, source.id)
        with ledger.transaction():
            runs.describe(ledger.db, source.id, description(source))
            run = runs.begin(ledger.db, source.id, ledger.clock(), ledger.now())
        ingestion = _Ingestion(ledger, checker, source, run)
        events = harvest(source, read, lift, context, known, fingerprint=fingerprint(), batch_size=BATCH)
        with closing(_ahead(events)) as coming:
            for event in coming:
                if isinstance(event, Batch):
                    ingestion.take(event)
                    progress(source.id, ingestion.tally.seen)
                else:
                    traffic = context.fetch.traffic
                    ingestion.tally.requests, ingestion.tally.bytes = traffic.requests, traffic.received
                    ingestion.end(event, known.keys(), least)
        finished = runs.get(ledger.db, run)
        assert finished is not None
        return finished


def _ahead(events: Iterator[Batch | Ended]) -> Generator[Batch | Ended]:
    """The same, read and lifted in a thread: after a full batch the next one, while that is checked and committed.

    After any other the source is slow or at its end: what it gave is committed before it is waited for.
    """
    with ThreadPoolExecutor(1, "harvest") as thread:
        following = thread.submit(next, events, None)
        while (event := following.result()) is not None:
            full = isinstance(event, Batch) and len(event.fresh) >= BATCH
            if full:
                following = thread.submit(next, events, None)
            yield event
            if not full:
                following = thread.submit(next, events, None)


def description(source: Source) -> dict[str, Any]:
    """What the catalogue says about a source."""
    return {
        "title": dict(source.title),
        "homepage": source.homepage,
        "publisher": source.publisher,
        "licence": source.licence,
        "attribution": source.attribution,
        "rank": source.rank,
        "every": int(source.every.total_seconds()),
        "note": source.note,
    }


class _Ingestion:
    """One run in progress."""

    def __init__(self, ledger: Ledger, checker: Checks, source: Source, run: int) -> None:
        self.ledger = ledger
        self.checker = checker
        self.source = source
        self.run = run
        self.tally = Tally()
        self.keyless: list[Finding] = []

    def take(self, batch: Batch) -> None:
        """Check a batch and commit it in one transaction."""
        seconds = self.tally.seconds
        seconds["read"] += batch.read_seconds
        seconds["lift"] += batch.lift_seconds
        self.tally.seen += batch.confirmed + len(batch.fresh) + len(batch.unreadable)
        self.tally.unchanged += batch.confirmed
        if not (batch.fresh or batch.withdrawn or batch.unreadable):
            return
        began = perf_counter()
        made = [(fresh, *records_of(fresh, self.source, self.ledger.base)) for fresh in batch.fresh]
        found = self.checker.check([one for _, good, _ in made for one in good])
        checked = perf_counter()
        with self.ledger.transaction():
            for fresh, good, problems in made:
                self.commit(fresh, good, problems, found)
            for key in batch.withdrawn:
                self.withdraw(key)
            for bad in batch.unreadable:
                self.unreadable(bad)
        seconds["check"] += checked - began
        seconds["commit"] += perf_counter() - checked

    def commit(
        self, fresh: Fresh, good: Sequence[Record], problems: list[Finding], found: Mapping[str, list[Finding]]
    ) -> None:
        """Write down everything about one raw record."""
        db, raw, run = self.ledger.db, fresh.lifted.raw, self.run
        self.tally.unread.update(fresh.unread)
        before = set(records.of_raw(db, self.source.id, raw.key))
        if good and self.out_of_scope(good):
            self.tally.out_of_scope += 1
            for iri in sorted(before):
                records.withdraw(db, iri, run, self.ledger.now())
            records.forget_quarantine(db, self.source.id, raw.key)
            findings.put(db, self.source.id, raw.key, raw.page, (), run)
            records.put_raw(db, self.source.id, raw.key, fresh.digest, raw.page, run, reason="out of scope")
            return
        changes: set[str] = set()
        for one in good:
            problems = [*problems, *found[one.iri]]
            if fits(found[one.iri]):
                changes.add(records.put(db, one, references(one), run, self.ledger.now()))
            else:
                records.quarantine(db, one, run)
                changes.add("quarantined")
        made = {one.iri for one in good}
        if good:
            for iri in sorted(before - made):
                changes.add("updated" if records.withdraw(db, iri, run, self.ledger.now()) else "unchanged")
            records.forget_quarantine(db, self.source.id, raw.key, keep=made)
        else:
            self.tally.unliftable += 1
        findings.put(db, self.source.id, raw.key, raw.page, problems, run)
        records.put_raw(
            db, self.source.id, raw.key, fresh.digest, raw.page, run,
            reason=None if good else "; ".join(one.message_en for one in problems) or "nothing came out",
            body=None if good else json.dumps(dict(raw.data), ensure_ascii=False, default=str),
        )  # fmt: skip
        self.count(changes, bool(before))

    def count(self, changes: set[str], existed: bool) -> None:
        if "quarantined" in changes:
            self.tally.quarantined += 1
        if existed and changes & {"created", "updated"}:
            self.tally.updated += 1
        elif "created" in changes:
            self.tally.created += 1
        elif "unchanged" in changes and "quarantined" not in changes:
            self.tally.unchanged += 1

    def out_of_scope(self, good: Sequence[Record]) -> bool:
        """Whether the source is limited to districts and this thing is known to lie elsewhere."""
        if not self.source.districts:
            return False
        text = "".join(one.nquads for one in good if one.kind == "site")
        if not text:
            return False
        inside = any(f"<{ORTE['region'].value}> <{REGION}{ags}> " in text for ags in self.source.districts)
        return not inside and (f"<{ORTE['region'].value}> " in text or f"<{ORTE['outsideRegion'].value}> " in text)

    def withdraw(self, key: str) -> None:
        """Take everything that came from one raw record out of the catalogue."""
        now, db = self.ledger.now(), self.ledger.db
        gone = [records.withdraw(db, iri, self.run, now) for iri in sorted(records.of_raw(db, self.source.id, key))]
        records.forget_raw(db, self.source.id, key)
        records.forget_quarantine(db, self.source.id, key)
        findings.put(db, self.source.id, key, None, (), self.run)
        self.tally.withdrawn += any(gone)

    def unreadable(self, bad: Unreadable) -> None:
        self.tally.unreadable += 1
        finding = problem("read", bad.reason, bad.found, bad.reason_de)
        if bad.key is None or not records.mark_raw_stale(self.ledger.db, self.source.id, bad.key):
            self.keyless.append(finding)
        else:
            page = self.ledger.db.execute(
                "SELECT page FROM raw WHERE source = ? AND key = ?", (self.source.id, bad.key)
            ).fetchone()[0]
            findings.put(self.ledger.db, self.source.id, bad.key, page, [finding], self.run, complete=False)

    def end(self, ended: Ended, known: Collection[str], least: int | None) -> None:
        """Withdraw what a complete reading did not see, or hold the run; then close it."""
        absent = sorted(set(known) - ended.seen) if ended.outcome == "complete" else []
        outcome: str = ended.outcome
        reason = ended.reason
        if outcome == "complete" and (why := self.suspicious(len(ended.seen), len(absent), len(known))):
            if least is not None and self.tally.seen >= least:
                reason = f"accepted: {why}"
            else:
                outcome, absent = "held", []
                reason = (
                    f"{why}; run held, nothing was withdrawn; look at {self.source.homepage or 'the source'},"
                    f" or allow it with: orte harvest {self.source.id} --accept-shrink"
                )
        began = perf_counter()
        db, now = self.ledger.db, self.ledger.now()
        with self.ledger.transaction():
            for key in absent:
                self.withdraw(key)
            findings.put(db, self.source.id, "", None, self.keyless, self.run, complete=ended.outcome == "complete")
            self.tally.seconds["commit"] += perf_counter() - began
            if outcome in ("complete", "held"):
                releases.done(db, self.source.id)
            runs.finish(db, self.run, outcome=outcome, reason=reason, counts=self.tally.as_dict(), now=now)

    def suspicious(self, seen: int, absent: int, known: int) -> str | None:
        """Why a complete reading may yet be a broken one: a sentence, or None. One missing entry is always allowed."""
        if seen < self.source.min_records:
            return f"source '{self.source.id}' gave {seen} records, at least {self.source.min_records} are expected"
        if absent > max(1, int(self.source.max_shrink * known)):
            return f"source '{self.source.id}' shrank from {known} to {known - absent} of its known records"
        return None


def records_of(fresh: Fresh, source: Source, base: str) -> tuple[list[Record], list[Finding]]:
    """The records that one raw record became, and what was odd on the way. Without a licence they hold facts only."""
    raw = fresh.lifted.raw
    licence = raw.licence or source.licence
    good: list[Record] = []
    # Two functions may say the same of one value (of a position as latitude and as longitude): it is said once.
    said = list({(one.found, one.message_en): one for one in reversed(fresh.lifted.findings)}.values())
    problems = [
        Finding("warning" if one.repaired_to is None else "info", f"{FN}{one.function}",
                one.message_de, one.message_en, value=one.found)
        for one in reversed(said)
    ]  # fmt: skip
    for iri, triples in sorted(fresh.lifted.records.items()):
        try:
            made = record(
                iri, triples if licence else facts_only(triples),
                source=source.id, source_iri=f"{base}/sources/{source.id}", raw_key=raw.key,
                page=raw.page, licence=licence, modified=raw.modified,
            )  # fmt: skip
            good.append(made)
        except NotARecord as error:
            problems.append(problem("not-a-record", f"{iri}: {error}"))
    if fresh.lifted.reason:
        problems.append(problem("lift", fresh.lifted.reason, german=fresh.lifted.reason_de))
    return good, problems


_REFERENCE = re.compile(r'> <([^<>"\s]+#it)> <[^<>"\s]+> \.\n')  # an object at the end of a canonical line


def references(record: Record) -> list[str]:
    """IRIs of the things of other records that this record speaks of."""
    found = set(_REFERENCE.findall(record.nquads))
    return sorted(found - {record.thing})


_PROBLEMS = {
    "read": ("Der Eintrag konnte nicht gelesen werden", "The entry could not be read"),
    "lift": ("Der Eintrag konnte nicht übersetzt werden", "The entry could not be translated"),
    "not-a-record": ("Aus dem Eintrag wurde kein Datensatz", "The entry did not become a record"),
}


def problem(rule: str, reason: str, value: str | None = None, german: str = "") -> Finding:
    """Something that keeps an entry out of the catalogue before the shapes have seen it.

    `german` is the reason in German, where there is one; else it stands there in English.
    """
    de, en = _PROBLEMS[rule]
    return Finding("violation", f"{FINDING}{rule}", f"{de}: {german or reason}", f"{en}: {reason}", value=value)
