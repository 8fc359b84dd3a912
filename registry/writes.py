"""What a partner writes: records put or deleted, checked like a harvest's, all of a request or nothing of it.

This is the work of the process that `writer` starts. Every request that changes something is one run of its source.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pyoxigraph as ox

from registry import identity
from registry.check import fits
from registry.config import Config, load
from registry.ingest import description, references
from registry.joining import proposals
from registry.joining.trial import TrialError, try_document
from registry.ledger import Ledger, StoredRecord, findings, records, runs
from registry.licence import facts_only
from registry.locks import AlreadyHarvesting, alone
from registry.publishing import publish
from registry.rdf_input import Handed, RdfInputError, triples_of
from registry.record import NotARecord, Record, record
from registry.report import Line, of_lines
from registry.sources import sources
from registry.worker import Handler
from registry.writer import LIFTED, Request, Written

if TYPE_CHECKING:
    from registry.check import Checker

_PATIENCE = 5.0
"""Seconds to wait for another server's write to the same source."""


def serve() -> Handler:
    """The work of the process."""
    from registry.check import Checker  # brings pyshacl, for which the server that starts this process need not wait

    checker = Checker()

    def handle(question: bytes) -> bytes:
        asked = orjson.loads(question)
        config, seconds = load(Path(asked.pop("data"))), asked.pop("seconds")
        asked["content"] = base64.b64decode(asked["content"])
        ledger = Ledger.open(config.ledger, config.base_url)
        try:
            written = perform(ledger, config, checker, Request(**asked), seconds)
        finally:
            ledger.close()
        return orjson.dumps(asdict(written))

    return handle


def perform(ledger: Ledger, config: Config, checker: Checker, request: Request, seconds: float = 60.0) -> Written:
    """Carry out one request."""
    if request.method == "ANNOUNCE":
        with ledger.transaction():
            ledger.db.execute("INSERT OR IGNORE INTO peer_news VALUES (?, ?)", (request.source, ledger.now()))
        return Written(202, {})
    if request.method == "PROPOSE":
        return _propose(ledger, config, request)
    source = sources(config).get(request.source)
    if source is None:
        return Written(404, {}, f"There is no source '{request.source}'")
    root = f"{ledger.base}/sources/{source.id}"
    try:
        if request.method == "DELETE":
            wanted: list[Record] = []
        elif request.key is None and request.media_type in LIFTED:
            trial = try_document(config, source, request.content, request.media_type, 100_000)
            if trial.ended.outcome == "failed" or not trial.records:
                return Written(422, {}, trial.ended.reason or "Nothing in it could be lifted",
                               tuple(asdict(line.finding) for line in trial.report.lines))  # fmt: skip
            wanted = list(trial.records)
        else:
            base = f"{root}/records/{request.key}" if request.key else f"{root}/records/"
            handed = Handed(request.content, request.media_type, "The body", base)
            triples = triples_of(handed, config, seconds=seconds)
            groups = _by_record(triples, f"{root}/records/", request.key)
            wanted = [
                record(
                    iri, said if source.licence else facts_only(said), source=source.id, source_iri=root,
                    raw_key=iri.removeprefix(f"{root}/records/"), page=None, licence=source.licence,
                )
                for iri, said in groups.items()
            ]  # fmt: skip
    except (RdfInputError, TrialError, NotARecord) as error:
        return Written(422, {}, str(error))
    found = checker.check(wanted) if wanted else {}
    problems = [finding for one in wanted for finding in found[one.iri]]
    if not fits(problems):
        report = of_lines(root, [Line(finding) for finding in problems])
        return Written(422, {}, "It does not fit the shapes; nothing was written",
                       tuple(asdict(line.finding) for line in report.lines[:500]))  # fmt: skip
    try:
        with alone(config.data / "locks", source.id, patience=_PATIENCE):
            written = _commit(ledger, source, request, root, wanted, found)
    except AlreadyHarvesting:
        return Written(503, {}, f"The source '{source.id}' is being harvested; ask again in a minute")
    changed = written.changes.get("unchanged", 0) != sum(written.changes.values())
    if changed and not identity.behind(ledger):  # else whoever compares everything anew publishes this at the end, too
        publish(ledger)
    return written


def _propose(ledger: Ledger, config: Config, request: Request) -> Written:
    """Put a proposal of a source down; its number is in the changes."""
    said = orjson.loads(request.content)
    try:
        made = proposals.propose(ledger, config, proposals.Offer(**said["offer"]), said["report"])
    except proposals.AlreadyKnown as error:
        return Written(409, {}, str(error))
    except proposals.TooManyProposals as error:
        return Written(503, {}, str(error))
    return Written(202, {"proposal": made.number})


def _commit(
    ledger: Ledger, source: Any, request: Request, root: str, wanted: Sequence[Record], found: Any
) -> Written:  # fmt: skip
    """One transaction: compare with If-Match, write, and account for it as a run."""
    db, changes = ledger.db, dict.fromkeys(("created", "updated", "withdrawn", "unchanged"), 0)
    iri = f"{root}/records/{request.key}"
    gone: StoredRecord | None = None
    with ledger.transaction():
        if request.key and request.if_match is not None:
            now = ledger.record(iri)
            tag = f'"{now.digest.hex()}"' if now and now.status == "live" else None
            if tag is None or (request.if_match.strip() != "*" and tag not in request.if_match):
                return Written(412, {}, "The record is not (or no more) the one you named in If-Match; get it again")
        if request.method == "DELETE":
            gone = ledger.record(iri)
            if gone is None:
                return Written(404, {}, "The source has no record with this key")
            if gone.status != "live":
                return Written(200, {**changes, "unchanged": 1})
        elif all(_same(ledger, one) for one in wanted):
            digest = wanted[0].digest.hex() if request.key else None
            return Written(200, {**changes, "unchanged": len(wanted)}, digest=digest)
        runs.describe(db, source.id, description(source))
        run = runs.begin(db, source.id, ledger.now())
        if gone is not None:
            changes["withdrawn"] += records.withdraw(db, iri, run, ledger.now())
            findings.put(db, source.id, gone.raw_key, None, (), run)
        for one in wanted:
            changes[records.put(db, one, references(one), run, ledger.now())] += 1
            findings.put(db, source.id, one.raw_key, None, found[one.iri], run)
        counts = {**changes, "seen": len(wanted) + changes["withdrawn"]}
        runs.finish(db, run, outcome="partial", reason="written by its partner", counts=counts, now=ledger.now())
    status = 201 if changes["created"] and request.key else 200
    return Written(status, changes, digest=wanted[0].digest.hex() if request.key and wanted else None)


def _same(ledger: Ledger, one: Record) -> bool:
    known = ledger.record(one.iri)
    return known is not None and known.status == "live" and known.digest == one.digest


def _by_record(triples: Sequence[ox.Triple], below: str, key: str | None) -> dict[str, list[ox.Triple]]:
    """Statements by the record they are part of. Raises NotARecord for any that speaks of something else."""
    groups: dict[str, list[ox.Triple]] = {}
    for triple in triples:
        subject = triple.subject.value if isinstance(triple.subject, ox.NamedNode) else "a blank node"
        iri = subject.partition("#")[0]
        if not iri.startswith(below) or iri == below or (key is not None and iri != below + key):
            raise NotARecord(f"It speaks of {subject}; subjects are {below}{key or '{key}'}#it and #… beside it")
        if subject != iri:  # what the record says of itself, the registry says
            groups.setdefault(iri, []).append(triple)
    if not groups:
        raise NotARecord(f"It says nothing about {below}{key or '{key}'}#it")
    return groups
