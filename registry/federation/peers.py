"""Follow a peer registry: its records as they are, with origin, licence and IRI, each version once, and proved.

What may change ours: a valid record of the registry it is named by, in a version newer than the one we have, from that
registry or from one that passes it on. Our own records never come back, and a registry that we follow directly speaks
for itself. After every run the peer's state digest is compared with the sum of what its feed told us.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import pyoxigraph as ox

from harvesters.fetch import Fetcher, FetchError
from harvesters.ldes import Client, FeedFailed, Member, State
from harvesters.source import Source
from registry.check import Checks, fits
from registry.ingest import Progress, Tally, description, references
from registry.ledger import Finding, Ledger, Run, findings, records, runs
from registry.licence import EXPRESSION
from registry.locks import alone
from registry.record import NotARecord, Record, canonical, shift
from registry.record import digest as digest_of
from registry.terms import DCT, KIND_OF, ORTE, PROV, TYPE

PEER_DELAY = 0.05
"""Seconds between two requests to a peer, which publishes its feed to be read; its 429 is obeyed all the same."""
BATCH = 200
"""Records per transaction."""
PROBLEMS = 100
"""Members that are named one by one when they are refused; further ones are only counted."""
_RECORD = re.compile(r"(https?://[^\s<>]+?)/sources/[a-z0-9][a-z0-9-]{1,62}/records/[^\s<>#?]+")
_RULE = "https://w3id.org/orte/finding#peer"


def is_peer(source: Source) -> bool:
    """Whether a source is a registry like this one, rather than any event stream that needs a lift."""
    return source.reader == "feed" and source.read.get("peer") is True


def follow_peer(
    ledger: Ledger,
    checker: Checks,
    source: Source,
    fetch: Fetcher,
    *,
    locks: Path,
    progress: Progress = lambda source, count: None,
    notes: Callable[[str], None] = lambda line: None,
) -> Run:
    """Take over what is new at a peer; every batch is durable once it is committed.

    Options of the source: `url` of the peer's `/feed/records`; `origins`, addresses of the registries whose records it
    may pass on (without it: all).

    Raises:
        AlreadyHarvesting: when another process is at it.
    """
    url = str(source.read.get("url", ""))
    base = url.partition("/feed/")[0]
    with alone(locks, source.id, source.time_limit.total_seconds()):
        with ledger.transaction():
            runs.describe(ledger.db, source.id, {**description(source), "peer": base})
            run = runs.begin(ledger.db, source.id, ledger.now())
            ledger.db.execute("DELETE FROM peer_news WHERE source = ?", (source.id,))
        following = _Following(ledger, checker, source, run, base)
        try:
            outcome, reason = _synchronise(following, fetch, url, progress, notes)
        except (FetchError, FeedFailed) as error:
            outcome, reason = "failed", str(error)
        following.tally.requests, following.tally.bytes = fetch.traffic.requests, fetch.traffic.received
        with ledger.transaction():
            findings.put(ledger.db, source.id, "", None, following.problems, run)
            runs.finish(
                ledger.db, run, outcome=outcome, reason=reason, now=ledger.now(),
                counts={**following.tally.as_dict(), **following.skipped},
            )  # fmt: skip
        finished = ledger.run(run)
        assert finished is not None
        return finished


def sample(fetch: Fetcher, url: str, limit: int) -> tuple[list[Record], list[Finding]]:
    """The first records of a peer's own at a feed, and why others are none; nothing is stored.

    Raises:
        FeedFailed, FetchError: when it is no feed, or cannot be read.
    """
    base = url.partition("/feed/")[0]
    found: list[Record] = []
    problems: list[Finding] = []
    seen = 0
    for batch in Client(fetch, State()).members(url):
        for member in batch:
            named = _RECORD.fullmatch(member.object)
            if member.kind == "delete" or (named and named[1] != base):
                continue
            seen += 1
            try:
                if not named:
                    raise NotARecord("its IRI is not that of a record of any registry")
                nquads = canonical(member.payload, member.object)
                found.append(_record(member, nquads, base, "proposed"))
            except (NotARecord, ValueError) as error:
                problems.append(Finding("violation", _RULE, f"{member.object}: {error}", f"{member.object}: {error}"))
            if seen >= limit:
                return found, problems
    return found, problems


def _synchronise(
    following: _Following, fetch: Fetcher, url: str, progress: Progress, notes: Callable[[str], None]
) -> tuple[str, str | None]:
    """Read what is new; when the digests then differ, read everything, and let go of what is not there."""
    row = following.ledger.db.execute("SELECT state FROM peer WHERE source = ?", (following.source.id,)).fetchone()
    start = State.load(row[0] if row else None)
    reason = ""
    for state in (start, State()) if start.done or start.seen else (start,):
        whole = not (state.done or state.seen)
        following.begin(whole)
        client = Client(fetch, state, notes)
        for batch in client.members(url):
            following.latest = client.told.sequence if client.told else None
            for chunk in (batch[n : n + BATCH] for n in range(0, len(batch), BATCH)):
                following.take(chunk, state)
                progress(following.source.id, following.tally.seen)
        told = client.told
        ours = following.digest()
        if told is None:
            following.end(state, None)
            return "complete", "the peer states no digest, so that nothing proves that this is all"
        if (told.digest, told.live) == (ours, len(following.live)):
            following.end(state, ours)
            if rewritten := following.rewritten():
                return "held", (
                    f"{url} rewrote {rewritten} of its records without saying so by a new activity; ours stay as they"
                    " were first published; ask its operator what happened"
                )
            return "complete", f"the state digest agrees with the peer's: {ours[:16]}… of {told.live} records"
        reason = (
            f"{url} states the digest {told.digest[:16]}… of {told.live} records, but its feed makes {ours[:16]}… of"
            f" {len(following.live)}; nothing was withdrawn for it; ask its operator to run `orte verify`"
        )
        notes("the state of the peer differs from what its feed said; everything is read again")
    with following.ledger.transaction():
        following.save(State(sequence=start.sequence), None)
    return "held", reason


class _Refused(Exception):
    """Why a member is not taken over, as the end of a sentence."""


class _Following:
    """One run in progress. `live` is what the peer's feed says is live, with digests, taken over or not."""

    def __init__(self, ledger: Ledger, checker: Checks, source: Source, run: int, base: str) -> None:
        self.ledger = ledger
        self.checker = checker
        self.source = source
        self.run = run
        self.base = base
        self.tally = Tally()
        self.skipped: Counter[str] = Counter()
        self.problems: list[Finding] = []
        self.live: dict[str, bytes] = {}
        self.whole = False
        self.latest: int | None = None  # sequence that the peer says it stands at
        self.direct = {
            state.description["peer"]
            for state in ledger.sources()
            if state.id != source.id and state.description.get("peer")
        }
        origins = source.read.get("origins")
        self.origins = None if origins is None else {base, *origins}

    def begin(self, whole: bool) -> None:
        """Start with what is known, or with nothing when everything is read."""
        rows = self.ledger.db.execute("SELECT object, digest FROM peer_object WHERE source = ?", (self.source.id,))
        self.whole = whole
        self.live = {} if whole else dict(rows)

    def digest(self) -> str:
        state = bytes(32)
        for one in self.live.values():
            state = shift(state, add=one)
        return state.hex()

    def take(self, members: Sequence[Member], state: State) -> None:
        """Check some members and commit them in one transaction, with how far that is."""
        began = perf_counter()
        versions = [self.told(member) for member in members]
        wanted = [one for one in versions if one and self.newer(one)]
        good = [one.record for one in wanted if one.record]
        found = self.checker.check(good) if good else {}
        checked = perf_counter()
        with self.ledger.transaction():
            several = len({one.iri for one in wanted}) < len(wanted)
            for one in wanted:
                if not several or self.newer(one):  # a newer one may have come in the same batch
                    self.commit(one, found.get(one.iri, []))
            self.ledger.db.executemany(
                "INSERT OR REPLACE INTO peer_object VALUES (?, ?, ?)",
                [(self.source.id, m.object, self.live[m.object]) for m in members if m.object in self.live],
            )
            self.ledger.db.executemany(
                "DELETE FROM peer_object WHERE source = ? AND object = ?",
                [(self.source.id, member.object) for member in members if member.object not in self.live],
            )
            self.save(state, None)
        self.tally.seconds["check"] += checked - began
        self.tally.seconds["commit"] += perf_counter() - checked

    def told(self, member: Member) -> _Version | None:
        """What a member brings, or None when it is not ours to take, which is counted and explained."""
        try:
            return self.version(member)
        except (_Refused, NotARecord) as error:
            self.tally.unreadable += 1
            if len(self.problems) < PROBLEMS:
                sentence = f"{member.object}: {error}"
                self.problems.append(Finding("warning", _RULE, sentence, sentence, value=member.iri))
            return None

    def version(self, member: Member) -> _Version | None:
        """What a member brings; None for our own records and for what its origin tells us itself."""
        self.tally.seen += 1
        nquads = None
        if member.kind == "delete":
            self.live.pop(member.object, None)
        else:
            try:
                nquads = canonical(member.payload, member.object)
            except ValueError as error:
                raise _Refused(f"it is no record: {error}") from None
            self.live[member.object] = digest_of(nquads)
        named = _RECORD.fullmatch(member.object)
        if not named:
            raise _Refused("its IRI is not that of a record of any registry")
        origin = named[1]
        if origin == self.ledger.base:
            self.skipped["own"] += 1
            return None
        if origin in self.direct or (self.origins is not None and origin not in self.origins):
            self.skipped["relayed"] += 1
            return None
        number = member.sequence
        if origin != self.base:
            told = member.about.get(f"{ORTE}originSequence", ())
            number = int(told[0]) if told and told[0].isdecimal() else None
        if number is None:
            raise _Refused("it does not say which version of its origin it is (orte:originSequence)")
        if nquads is None:
            return _Version(member.object, number, None, origin == self.base)
        return _Version(member.object, number, _record(member, nquads, origin, self.source.id), origin == self.base)

    def newer(self, one: _Version) -> bool:
        row = self.ledger.db.execute(
            "SELECT o.version, r.source, iif(r.status = 'live', r.digest, NULL) FROM origin o"
            " JOIN record r ON r.iri = o.record WHERE o.record = ?",
            (one.iri,),
        ).fetchone()
        if row is None or row[0] < one.number:
            return True
        if one.direct:  # the origin itself: what somebody else said in its name counts no more
            version, source, digest = row
            if self.latest is not None and version > self.latest:
                return True  # its origin has not come so far
            if version == one.number and source != self.source.id and digest != (one.record and one.record.digest):
                return True
        self.tally.unchanged += 1
        return False

    def rewritten(self) -> int:
        """How many of the peer's own records it lists otherwise than we took them over, and so than before."""
        (count,) = self.ledger.db.execute(
            "SELECT count(*) FROM peer_object p JOIN record r ON r.iri = p.object WHERE p.source = ?1 AND r.source = ?1"
            " AND r.status = 'live' AND r.digest != p.digest AND substr(p.object, 1, ?2) = ?3"
            " AND NOT EXISTS (SELECT 1 FROM quarantine q WHERE q.iri = p.object)",
            (self.source.id, len(self.base) + 9, f"{self.base}/sources/"),
        ).fetchone()
        return int(count)

    def commit(self, one: _Version, found: Sequence[Finding]) -> None:
        """Take over one version."""
        db, now = self.ledger.db, self.ledger.now()
        if one.record and not fits(found):
            records.quarantine(db, one.record, self.run)
            findings.put(db, self.source.id, one.iri, None, list(found), self.run)
            self.tally.quarantined += 1
            return
        known = db.execute("SELECT source FROM record WHERE iri = ?", (one.iri,)).fetchone()
        if one.record:
            # a record that came first through another peer stays in that one's account
            record = Record(**{**vars(one.record), "source": known[0]}) if known else one.record
            change = records.put(db, record, references(record), self.run, now)
            self.tally.created += change == "created"
            self.tally.updated += change == "updated"
            self.tally.unchanged += change == "unchanged"
            moved = change != "unchanged"
            findings.put(db, self.source.id, one.iri, None, [], self.run)
        else:
            moved = records.withdraw(db, one.iri, self.run, now)
            self.tally.withdrawn += moved
        db.execute("INSERT OR REPLACE INTO origin VALUES (?, ?)", (one.iri, one.number))
        if moved:
            _mark(db, one.iri, one.number)

    def save(self, state: State, proved: str | None) -> None:
        self.ledger.db.execute(
            "INSERT INTO peer (source, state, proved, digest) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (source) DO UPDATE"
            " SET state = ?2, proved = coalesce(?3, proved), digest = coalesce(?4, digest)",
            (self.source.id, state.dump(), self.ledger.now() if proved else None, proved),
        )

    def end(self, state: State, proved: str | None) -> None:
        """Remember how far we are. After a whole reading that is proved, what was not in it is gone."""
        db = self.ledger.db
        with self.ledger.transaction():
            if self.whole and proved:
                rows = db.execute("SELECT object FROM peer_object WHERE source = ?", (self.source.id,)).fetchall()
                for object_ in sorted({object_ for (object_,) in rows} - self.live.keys()):
                    db.execute("DELETE FROM peer_object WHERE source = ? AND object = ?", (self.source.id, object_))
                    ours = db.execute("SELECT source FROM record WHERE iri = ?", (object_,)).fetchone()
                    if ours == (self.source.id,) and records.withdraw(db, object_, self.run, self.ledger.now()):
                        (version,) = db.execute("SELECT version FROM origin WHERE record = ?", (object_,)).fetchone()
                        _mark(db, object_, version)
                        self.tally.withdrawn += 1
            self.save(state, proved)


@dataclass(frozen=True)
class _Version:
    """A version of a record: its number at the origin, and the record; None for its deletion. `direct`: its origin
    says so itself.
    """

    iri: str
    number: int
    record: Record | None
    direct: bool


def _mark(db: sqlite3.Connection, iri: str, version: int) -> None:
    """Write beside the activity which version of the origin it passes on."""
    db.execute(
        "INSERT OR REPLACE INTO activity_origin"
        " SELECT max(sequence), ? FROM activity WHERE stream = 'record' AND object = ?",
        (version, iri),
    )


def _record(member: Member, nquads: str, origin: str, source: str) -> Record:
    """The record as its origin made it. Raises NotARecord when it speaks of more than itself, or says too little."""
    iri = member.object
    # as text, and by searching rather than line by line: this is done for every member
    text, itself, typed = f"\n{nquads}", f"\n<{iri}> ", f"\n<{iri}#it> <{TYPE.value}> <"
    if text.count(itself) + text.count(f"\n<{iri}#") != nquads.count("\n"):
        strange = next(line for line in nquads.split("\n") if not line.startswith((itself[1:], f"<{iri}#")))
        raise NotARecord(f"it speaks of {strange.partition(' ')[0]}, which is not part of it")
    kinds = [KIND_OF.get(rest.partition(">")[0], "") for rest in text.split(typed)[1:]]
    facts: dict[str, list[str]] = {}
    for rest in text.split(itself)[1:]:
        predicate, _, value = rest.partition(" ")
        facts.setdefault(predicate[1:-1], []).append(value)
    sources = list(_iris(facts, DCT["source"]))
    if len(sources) != 1 or not iri.startswith(f"{sources[0]}/records/") or not sources[0].startswith(f"{origin}/"):
        raise NotARecord("it does not come from the source that its IRI names (dct:source)")
    if not any(kinds):
        raise NotARecord("its thing has no type that the registry knows")
    licence = next(_iris(facts, DCT["license"]), None)
    if licence is None and any(triple.predicate in EXPRESSION for triple in member.payload):
        raise NotARecord("it has texts or pictures and no licence")
    return Record(
        iri, source, iri.partition("/records/")[2][:512], sorted(filter(None, kinds))[0], nquads,
        next(_iris(facts, PROV["wasDerivedFrom"]), None), licence,
    )  # fmt: skip


def _iris(facts: dict[str, list[str]], predicate: ox.NamedNode) -> Iterator[str]:
    return (value[1:].partition(">")[0] for value in facts.get(predicate.value, ()) if value.startswith("<"))
