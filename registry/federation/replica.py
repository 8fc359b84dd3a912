"""Keep a read-only copy of a whole registry: the same records, the same entities under the same IRIs, and proved.

A replica has the base address of its original: it answers for it from another place, behind a load balancer or while
the original is away. Everything but the two logs is made from them here, as in the original.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from harvesters.fetch import Fetcher
from harvesters.ldes import Client, FeedFailed, Member, State
from harvesters.web_address import is_web_address
from registry import search
from registry.ingest import references
from registry.ledger import Ledger, LedgerError, activities, entities, records, runs
from registry.ledger.activities import pack
from registry.locks import alone
from registry.record import Record, canonical
from registry.record import digest as digest_of
from registry.terms import DCT, KIND_OF, ORTE, PROV, TYPE
from registry.unify import FOLLOWER as UNIFY

BATCH = 500
_KEY = "replica "
ELSEWHERE = "peers"
"""Source of the records that the original has from its peers: their own sources are not in its catalogue."""

MERGED_INTO = ORTE["mergedInto"].value


@dataclass(frozen=True)
class Copied:
    """What one synchronisation of one stream did. `agrees` is whether both state digests are equal then."""

    stream: str
    members: int
    agrees: bool
    digest: str
    live: int


def replicate(
    ledger: Ledger, fetch: Fetcher, *, locks: Path, notes: Callable[[str], None] = lambda line: None
) -> list[Copied]:
    """Bring the copy in step with its original, whose address is the ledger's base address.

    Raises:
        AlreadyHarvesting, FeedFailed, FetchError: with a sentence for the operator; what was copied stays valid.
        LedgerError: when the ledger holds something already and is no copy; nothing was changed.
    """
    with alone(locks, "replica"):
        if activities.last(ledger.db) and not _begun(ledger.db):
            raise LedgerError(
                f"this data directory holds a registry of its own; a copy of {ledger.base} needs an empty one"
                " (`orte --data DIR follow …`)"
            )
        _sources(ledger, fetch)
        copy = _Copy(ledger)
        done = [
            _stream(ledger, fetch, "record", f"{ledger.base}/feed/records", copy.record, notes),
            _stream(ledger, fetch, "entity", f"{ledger.base}/feed/catalogue", copy.entity, notes),
        ]
        with ledger.transaction():
            copy.finish(done)
            ledger.move(UNIFY, activities.last(ledger.db))  # entities come from the original, never from here
        search.follow(ledger)
    return done


def _stream(
    ledger: Ledger,
    fetch: Fetcher,
    stream: str,
    url: str,
    apply: Callable[[Member], None],
    notes: Callable[[str], None],
) -> Copied:
    """Take over what is new; when the digests then differ, take everything, and let go of what is not there."""
    key = f"{_KEY}{stream}"
    row = ledger.db.execute("SELECT state FROM peer WHERE source = ?", (key,)).fetchone()
    start, count = State.load(row[0] if row else None), 0
    agrees = False
    for state in (start, State()) if start.done or start.seen else (start,):
        whole = not (state.done or state.seen)
        client = Client(fetch, state, notes)
        seen: set[str] = set()
        for batch in client.members(url):
            for chunk in (batch[n : n + BATCH] for n in range(0, len(batch), BATCH)):
                with ledger.transaction():
                    for member in chunk:
                        apply(member)
                        (seen.discard if member.kind == "delete" else seen.add)(member.object)
                    _save(ledger.db, key, state)
                count += len(chunk)
        if whole:
            with ledger.transaction():
                for iri in sorted(_live(ledger.db, stream) - seen):
                    apply(Member(iri, "delete", iri, ledger.now(), None, {}, ()))
        ours, told = ledger.digest(stream), client.told
        agrees = (told is None and not ours.live) or (
            told is not None and (told.digest, told.live) == (ours.hex, ours.live)
        )
        with ledger.transaction():
            _save(ledger.db, key, state if agrees else State(sequence=start.sequence))
        if agrees:
            break
        notes(f"the state of {url} differs from the copy; everything is read again")
    state_digest = ledger.digest(stream)
    return Copied(stream, count, agrees, state_digest.hex, state_digest.live)


class _Copy:
    """Writes members into the ledger; each source gets one run per synchronisation."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.known = {state.id for state in ledger.sources()}
        self.runs: dict[str, int] = {}
        self.changes: dict[str, dict[str, int]] = {}

    def record(self, member: Member) -> None:
        db, iri = self.ledger.db, member.object
        source = self.source(iri)
        run = self.runs.get(source) or self.runs.setdefault(source, runs.begin(db, source, self.ledger.now()))
        now = member.published or self.ledger.now()
        if member.kind == "delete":
            change = "withdrawn" if records.withdraw(db, iri, run, now) else "unchanged"
        else:
            made = _record(member, source)
            change = records.put(db, made, references(made), run, now)
        counts = self.changes.setdefault(source, {})
        counts[change] = counts.get(change, 0) + 1

    def source(self, iri: str) -> str:
        name = iri.removeprefix(f"{self.ledger.base}/sources/").partition("/")[0]
        return name if iri.startswith(f"{self.ledger.base}/") and name in self.known else ELSEWHERE

    def entity(self, member: Member) -> None:
        db, iri = self.ledger.db, member.object
        now = member.published or self.ledger.now()
        row = db.execute("SELECT id FROM entity WHERE iri = ?", (iri,)).fetchone()
        if row is None:
            kind = iri.removeprefix(f"{self.ledger.base}/").partition("/")[0]
            cursor = db.execute(
                "INSERT INTO entity (iri, kind, status, nquads, digest, created, modified, sequence)"
                " VALUES (?, ?, 'withdrawn', ?, x'', ?, ?, 0)",
                (iri, kind, pack(""), now, now),
            )
            row = (cursor.lastrowid,)
        if member.kind == "delete":
            if winner := next(iter(member.about.get(MERGED_INTO, ())), None):
                entities.redirect(db, row[0], winner, now)
            else:
                entities.withdraw(db, row[0], now, None)
            return
        nquads = canonical(member.payload)
        entities.put(db, row[0], nquads, digest_of(nquads), now, None)
        db.execute("UPDATE record SET entity = NULL WHERE entity = ?", row)
        for triple in member.payload:
            if triple.predicate == PROV["wasDerivedFrom"] and isinstance(triple.object, ox.NamedNode):
                db.execute("UPDATE record SET entity = ? WHERE iri = ?", (row[0], triple.object.value))

    def finish(self, done: Sequence[Copied]) -> None:
        """End the runs, and say in each whether the copy was proved; when it was not, that is told in any case."""
        now = self.ledger.now()
        wrong = [one.stream for one in done if not one.agrees]
        if wrong:
            self.runs.setdefault(ELSEWHERE, runs.begin(self.ledger.db, ELSEWHERE, now))
            outcome = "held"
            reason = f"the state digest of {' and '.join(wrong)} differs from that of {self.ledger.base}"
        else:
            outcome, reason = "complete", f"the state digests agree with those of {self.ledger.base}"
        for source, run in self.runs.items():
            counts = self.changes.get(source, {})
            runs.finish(self.ledger.db, run, outcome=outcome, reason=reason, counts=counts, now=now)


def _record(member: Member, source: str) -> Record:
    iri, nquads = member.object, canonical(member.payload, member.object)
    kinds = sorted(
        KIND_OF[t.object.value]
        for t in member.payload
        if t.predicate == TYPE
        and t.subject == ox.NamedNode(f"{iri}#it")
        and isinstance(t.object, ox.NamedNode)
        and t.object.value in KIND_OF
    )
    if not kinds:
        raise FeedFailed(f"{iri} in the feed is no record")
    said = {
        t.predicate: t.object.value
        for t in member.payload
        if t.subject == ox.NamedNode(iri) and isinstance(t.object, ox.NamedNode | ox.Literal)
    }
    return Record(
        iri, source, said.get(DCT["identifier"], ""), kinds[0], nquads,
        said.get(PROV["wasDerivedFrom"]), said.get(DCT["license"]),
    )  # fmt: skip


def _sources(ledger: Ledger, fetch: Fetcher) -> None:
    """Describe the sources as the original does."""
    answer = fetch.get(f"{ledger.base}/sources", accept="application/ld+json").json()
    described = dict(_described(ledger.base, answer))
    with ledger.transaction():
        for name, about in described.items():
            runs.describe(ledger.db, name, about)
        title = {"de": "Weitere Verzeichnisse", "en": "Other registries"}
        runs.describe(ledger.db, ELSEWHERE, {**_EMPTY, "title": title, "publisher": ELSEWHERE})


_EMPTY: dict[str, Any] = {
    "homepage": None,
    "licence": None,
    "attribution": None,
    "rank": 50,
    "every": 86_400,
    "note": None,
}


def _described(base: str, answer: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for one in answer.get("member", []) if isinstance(answer, dict) else []:
        name = str(one.get("identifier", ""))
        if one.get("id") != f"{base}/sources/{name}":
            raise FeedFailed(f"{base}/sources describes {one.get('id')}, which is no source of {base}")
        publisher = one.get("publisher", {})
        yield (
            name,
            {
                **_EMPTY,
                "title": one.get("title", {"de": name, "en": name}),
                "homepage": _address(one.get("homepage")),
                "licence": _address(one.get("license")),
                "publisher": publisher.get("name", name) if isinstance(publisher, dict) else name,
                "attribution": one.get("attribution"),
                "rank": one.get("rank", 50),
            },
        )


def _address(told: Any) -> str | None:
    return told if is_web_address(told) else None


def _begun(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM peer WHERE source LIKE ?", (f"{_KEY}%",)).fetchone() is not None


def _live(db: sqlite3.Connection, table: str) -> set[str]:
    return {iri for (iri,) in db.execute(f"SELECT iri FROM {table} WHERE status = 'live'")}


def _save(db: sqlite3.Connection, key: str, state: State) -> None:
    db.execute(
        "INSERT INTO peer (source, state) VALUES (?1, ?2) ON CONFLICT (source) DO UPDATE SET state = ?2",
        (key, state.dump()),
    )
