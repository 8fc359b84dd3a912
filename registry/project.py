"""Project the ledger into the engine: entities in the default graph, one named graph per record, and what is known
about records, sources and runs. The engine's host calls `Follower`; nothing here ever writes to the ledger."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from registry import assets, coverage, inference
from registry.engine import Target, TryAgain, target_of
from registry.identity import statements
from registry.ledger import Ledger, Run, SourceState, StoredRecord, activities, identity, records, runs
from registry.ledger.activities import unpack
from registry.ledger.errors import DAMAGED, damaged, is_damage
from registry.position import edition, seal
from registry.record import parse
from registry.terms import CONCEPT, DCAT, DCT, FOAF, ORTE, PROV, RDF, TYPE, XSD

DEFAULT = ox.DefaultGraph()
CHUNK = 2000
"""Records or entities parsed into the store at a time."""
STRIDE = 500
"""Activities applied between two generations of workers: queries see news within a second, even in a large harvest."""


class Follower:
    """Fills the engine's store from the ledger, then applies what the ledger gains."""

    def __init__(self, ledger: str) -> None:
        self._path = Path(ledger)
        self._open: Ledger | None = None
        self._version = -1
        self._sequence = 0
        self._identity = 0
        self._run = 0
        self._stale: frozenset[str] = frozenset()
        self._covered: coverage.Coverage | None = None
        self._inferred = 0

    @property
    def ledger(self) -> Ledger:
        if self._open is None:
            self._open = Ledger.reader(self._path)
        return self._open

    def load(self, store: ox.Store | Target) -> int:
        """Fill an empty store; returns the sequence it then stands at.

        Raises:
            LedgerError: when the ledger cannot be read, or is damaged.
        """
        with _damage_named(self._path):
            return self._load(target_of(store))

    def _load(self, store: Target) -> int:
        ledger = self.ledger
        self._version = _data_version(ledger)
        with _snapshot(ledger):
            self._sequence = ledger.sequence()
            self._stale = records.stale(ledger.db)
            _vocabulary(store, ledger.base)
            for content in _ahead(_chunks(catalogue(ledger))):
                store.load(content, bulk=True)
            self._identity, _, _ = identity.changes(ledger.db, self._identity)
            for entity in identity.with_derived(ledger.db):
                store.extend(statements.quads(ledger, entity), bulk=True)
            self._run = _runs(store, ledger, 0)
            _sources(store, ledger)
            self._covered = _coverage(store, ledger, None)
            self._inferred = _inferences(store, ledger, 0)
        return self._sequence

    def position(self) -> dict[str, Any]:
        """How far the store has come, as JSON values; with it `resume` goes on from there in another process."""
        return {
            "edition": edition(),
            "sequence": self._sequence,
            "seal": seal(self.ledger, self._sequence),
            "identity": self._identity,
            "run": self._run,
            "inferred": self._inferred,
        }

    def resume(self, store: Target, position: Mapping[str, Any]) -> bool:
        """Go on where a store stands, in which everything up to a position is; False when it must be filled anew.

        That is when the ledger does not contain that position (it was restored from a backup, or is another one), or
        when another edition of this program has filled the store.
        """
        with _damage_named(self._path):
            ledger = self.ledger
            if (position["edition"], position["seal"]) != (edition(), seal(ledger, position["sequence"])):
                return False
            self._sequence, self._identity = position["sequence"], position["identity"]
            self._run, self._inferred = position["run"], position["inferred"]
            marked = store.matching(None, ORTE["stale"], None, DEFAULT)
            self._stale = frozenset(quad.subject.value for quad in marked if isinstance(quad.subject, ox.NamedNode))
            self._version = -1  # there may be news, and coverage is compared anew
            return True

    def follow(self, store: ox.Store | Target) -> int | None:
        """Apply what was committed since, at most `STRIDE` activities at a time; None when there was nothing.

        Raises:
            TryAgain: when the ledger could not be asked; nothing was changed.
            LedgerError: when the ledger is damaged.
        """
        with _damage_named(self._path):
            return self._follow(target_of(store))

    def _follow(self, store: Target) -> int | None:
        ledger = self.ledger
        try:
            version = _data_version(ledger)
        except sqlite3.OperationalError as error:  # locked by a checkpoint: no reason to load everything anew
            raise TryAgain(str(error)) from None
        if version == self._version:
            return None
        with _snapshot(ledger):
            news = list(activities.since(ledger.db, self._sequence, limit=STRIDE))
            renewed = dict.fromkeys(a.object for a in news if a.stream == "record")
            for iri in dict.fromkeys(a.object for a in news if a.stream == "entity"):
                _renew_entity(store, ledger, iri)
                renewed.update(dict.fromkeys(record.iri for record in records.of_entity(ledger.db, iri)))
            # a version that goes into quarantine is no activity: the catalogue keeps what it had, marked as stale
            stale, before = records.stale(ledger.db), self._stale
            renewed.update(dict.fromkeys(sorted(stale ^ before)))
            self._stale = stale
            self._identity, reassigned, rederived = identity.changes(ledger.db, self._identity)
            for number in reassigned:
                renewed.update(dict.fromkeys(_speaking_of(ledger, number)))
            for iri in renewed:
                _renew_record(store, ledger, iri)
            for number in rederived:
                _forget_derived(store, ledger, number)
                store.extend(statements.quads(ledger, number))
            if len(news) < STRIDE:
                self._version = version
                self._run = _runs(store, ledger, self._run)
                _sources(store, ledger)
                self._covered = _coverage(store, ledger, self._covered)
                self._inferred = _inferences(store, ledger, self._inferred)
            self._sequence = news[-1].sequence if news else self._sequence
        return self._sequence


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """What a damaged page raises, as the sentence for the operator."""
    try:
        yield
    except DAMAGED as error:
        if not is_damage(error):
            raise
        raise damaged(path, error) from None


class _snapshot:  # noqa: N801 - reads like a keyword
    """One consistent view of the ledger over several reads."""

    def __init__(self, ledger: Ledger) -> None:
        self.db = ledger.db

    def __enter__(self) -> None:
        self.db.execute("BEGIN")

    def __exit__(self, *_: object) -> None:
        self.db.execute("COMMIT")


def _data_version(ledger: Ledger) -> int:
    return int(ledger.db.execute("PRAGMA data_version").fetchone()[0])


def _vocabulary(store: Target, base: str) -> None:
    """Ontology, concepts and regions: in a graph of their own, and in the catalogue, where queries walk up their
    hierarchies (`?site a/rdfs:subClassOf* orte:Site`, `skos:broader*`) and DESCRIBE knows our terms."""
    graph = ox.NamedNode(f"{base}/graph/vocabulary")
    for file in sorted(assets.ontology_dir().glob("*.ttl")):
        quads = list(ox.parse(file.read_bytes(), format=ox.RdfFormat.TURTLE))
        store.extend(ox.Quad(quad.subject, quad.predicate, quad.object, graph) for quad in quads)
        store.extend(quads)


def catalogue(ledger: Ledger) -> Iterator[str]:
    """The catalogue and all records as N-Quads, thing by thing in order of their IRIs: what engine and dumps hold."""
    for (nquads,) in ledger.db.execute("SELECT nquads FROM entity WHERE status = 'live' ORDER BY iri"):
        yield unpack(nquads)
    things = {
        f"<{iri}#it>": f"<{entity}>"
        for iri, entity in ledger.db.execute(
            "SELECT r.iri, e.iri FROM record r JOIN entity e ON e.id = r.entity WHERE r.status = 'live'"
        )
    }
    stale = records.stale(ledger.db)
    for iri, nquads, digest, first, changed, run in ledger.db.execute(
        "SELECT r.iri, r.nquads, r.digest, f.started, c.started, r.changed FROM record r"
        " JOIN run f ON f.id = r.first_seen JOIN run c ON c.id = r.changed WHERE r.status = 'live' ORDER BY r.iri"
    ):
        text = _metadata(iri, digest, first, changed, run, ledger.base, stale=iri in stale)
        yield _projected(iri, unpack(nquads), things) + text


def _renew_entity(store: Target, ledger: Ledger, iri: str) -> None:
    store.remove_thing(ox.NamedNode(iri))
    entity = ledger.entity(iri)
    if entity and entity.status == "live":
        store.extend(parse(entity.nquads))


def _renew_record(store: Target, ledger: Ledger, iri: str) -> None:
    node = ox.NamedNode(iri)
    store.remove_graph(node)
    store.remove(node, None, None, DEFAULT)
    store.extend(record_quads(ledger, iri))


def record_quads(ledger: Ledger, iri: str) -> list[ox.Quad]:
    """A live record as the engine holds it: a graph of its own about entities, and metadata in the default graph."""
    record = ledger.record(iri)
    if record is None or record.status != "live":
        return []
    things = {f"<{thing}>": f"<{entity}>" for thing, entity in _things(ledger, record)}
    (run,) = ledger.db.execute("SELECT changed FROM record WHERE id = ?", (record.id,)).fetchone()
    text = _projected(iri, record.nquads, things)
    stale = record.stale_since is not None
    return parse(text + _metadata(iri, record.digest, record.first_seen, record.changed, run, ledger.base, stale=stale))


def _speaking_of(ledger: Ledger, record: int) -> list[str]:
    """A record and those whose graphs name the entity it belongs to."""
    rows = ledger.db.execute(
        "SELECT iri FROM record WHERE id = ?1 UNION SELECT o.iri FROM record r"
        " JOIN reference f ON f.target = r.iri || '#it' JOIN record o ON o.id = f.record WHERE r.id = ?1",
        (record,),
    )
    return [iri for (iri,) in rows]


def _things(ledger: Ledger, record: StoredRecord) -> Iterator[tuple[str, str]]:
    """The things a record speaks of, its own first, with the entities they are part of."""
    if record.entity:
        yield record.thing, record.entity
    for (target,) in ledger.db.execute("SELECT target FROM reference WHERE record = ?", (record.id,)):
        if entity := records.entity_of(ledger.db, target):
            yield target, entity


def _projected(iri: str, nquads: str, things: dict[str, str]) -> str:
    """A record's canonical form with entities for things; what it says of itself goes to the default graph.

    Works on the text, as the lines are canonical: neither IRIs nor the gaps between terms hold a space.
    """
    own, lines = f"<{iri}>", []
    for line in nquads.split("\n")[:-1]:
        subject, predicate, rest = line.split(" ", 2)
        if rest.startswith("<"):
            value, _, tail = rest.partition(" ")
            rest = f"{things.get(value, value)} {tail}"
        if subject == own:
            lines.append(f"{subject} {predicate} {rest.removesuffix(f' {own} .')} .\n")
        else:
            lines.append(f"{things.get(subject, subject)} {predicate} {rest}\n")
    return "".join(lines)


def _metadata(iri: str, digest: bytes, first: str, changed: str, run: int, base: str, *, stale: bool) -> str:
    """What the registry says about a record, as N-Quads of the default graph. Stale: a newer version does not fit."""
    marked = f'<{iri}> <{ORTE}stale> "true"^^<{XSD}boolean> .\n' if stale else ""
    return marked + (
        f"<{iri}> <{TYPE.value}> <{ORTE}Record> .\n"
        f'<{iri}> <{ORTE}firstSeen> "{first}"^^<{XSD}dateTime> .\n'
        f'<{iri}> <{ORTE}lastChanged> "{changed}"^^<{XSD}dateTime> .\n'
        f'<{iri}> <{ORTE}digest> "{digest.hex()}" .\n'
        f"<{iri}> <{PROV}wasGeneratedBy> <{base}/runs/{run}> .\n"
    )


def _runs(store: Target, ledger: Ledger, after: int) -> int:
    """Describe runs that ended after the given one; returns the last one before any that still goes on."""
    last = after
    for (number,) in ledger.db.execute("SELECT id FROM run WHERE id > ? ORDER BY id", (after,)).fetchall():
        run = runs.get(ledger.db, number)
        if run is None or run.ended is None:
            break
        store.extend(run_quads(run, ledger.base))
        last = number
    return last


def run_quads(run: Run, base: str) -> Iterator[ox.Quad]:
    """A run as a `prov:Activity`: when, of which source, how it ended, and its numbers."""
    node = ox.NamedNode(f"{base}/runs/{run.id}")
    yield ox.Quad(node, TYPE, ORTE["Run"])
    yield ox.Quad(node, TYPE, PROV["Activity"])
    yield ox.Quad(node, PROV["used"], ox.NamedNode(f"{base}/sources/{run.source}"))
    yield ox.Quad(node, PROV["startedAtTime"], _time(run.started))
    if run.ended:
        yield ox.Quad(node, PROV["endedAtTime"], _time(run.ended))
    if run.outcome:
        yield ox.Quad(node, ORTE["outcome"], CONCEPT[f"outcome/{run.outcome}"])
    if run.reason:
        yield ox.Quad(node, DCT["description"], ox.Literal(run.reason))
    for name, key in RUN_NUMBERS.items():
        if key in run.counts:
            yield ox.Quad(node, ORTE[name], ox.Literal(int(run.counts[key])))


RUN_NUMBERS = {
    "recordsRead": "seen",
    "recordsUnchanged": "unchanged",
    "recordsCreated": "created",
    "recordsUpdated": "updated",
    "recordsWithdrawn": "withdrawn",
    "recordsQuarantined": "quarantined",
    "recordsUnreadable": "unreadable",
    "bytesFetched": "bytes",
}
"""Property of a run by the name of the number it states."""


def _forget_derived(store: Target, ledger: Ledger, entity: int) -> None:
    """Take out what identity derived about an entity, be it only half there; rules are followed by themselves."""
    (iri,) = ledger.db.execute("SELECT iri FROM entity WHERE id = ?", (entity,)).fetchone()
    graph, node = ox.NamedNode(inference.graph_name(ledger.base)), ox.NamedNode(iri)
    for said in list(store.matching(None, RDF["subject"], node, graph)):
        about = said.subject
        assert isinstance(about, ox.NamedNode)
        stated = {quad.predicate: quad.object for quad in store.matching(about, None, None, graph)}
        rule, predicate, value = (stated.get(p) for p in (ORTE["rule"], RDF["predicate"], RDF["object"]))
        if isinstance(rule, ox.NamedNode) and not rule.value.startswith(f"{CONCEPT}identity/"):
            continue
        if isinstance(predicate, ox.NamedNode) and isinstance(value, ox.NamedNode | ox.Literal):
            store.remove(node, predicate, value, graph)
        store.remove(about, None, None, graph)


def _sources(store: Target, ledger: Ledger) -> None:
    for source in ledger.sources():
        store.remove_thing(ox.NamedNode(f"{ledger.base}/sources/{source.id}"))
        store.extend(source_quads(source, ledger.base))


def _coverage(store: Target, ledger: Ledger, before: coverage.Coverage | None) -> coverage.Coverage | None:
    """The observations of the coverage, where they are others than before."""
    now = coverage.latest(ledger.db)
    if now is not None and now != before:
        store.remove_graph(ox.NamedNode(coverage.graph_name(ledger.base)))
        store.extend(coverage.quads(coverage.through_time(ledger.db), ledger.base))
    return now


def _inferences(store: Target, ledger: Ledger, after: int) -> int:
    """What rules derived, or withdrew, after a version; returns the version now."""
    changed, version = inference.since(ledger.db, after)
    graph = ox.NamedNode(inference.graph_name(ledger.base))
    for one in changed:
        about, derived = inference.statement(one), ox.NamedNode(one.concept)
        store.remove(about, None, None, graph)
        store.remove(ox.NamedNode(one.entity), ORTE["derived"], derived, graph)
        store.extend(inference.quads(one, ledger.base))
    return version


def source_quads(source: SourceState, base: str) -> Iterator[ox.Quad]:
    """A source as the catalogue describes it; `orte:lastConfirmed` is when a complete run last saw all of it."""
    node, about = ox.NamedNode(f"{base}/sources/{source.id}"), source.description
    publisher = ox.NamedNode(f"{node.value}#publisher")
    yield ox.Quad(node, TYPE, ORTE["Source"])
    yield ox.Quad(node, TYPE, DCAT["Dataset"])
    yield ox.Quad(node, DCT["identifier"], ox.Literal(source.id))
    for language, title in sorted(about["title"].items()):
        yield ox.Quad(node, DCT["title"], ox.Literal(title, language=language))
    yield ox.Quad(node, DCT["publisher"], publisher)
    yield ox.Quad(publisher, TYPE, FOAF["Agent"])
    yield ox.Quad(publisher, FOAF["name"], ox.Literal(about["publisher"]))
    yield ox.Quad(node, ORTE["rank"], ox.Literal(about["rank"]))
    for predicate, key in ((FOAF["homepage"], "homepage"), (DCT["license"], "licence")):
        if about.get(key) and re.fullmatch(r"https?://[^\s<>\"{}|\\^`]+", about[key]):
            yield ox.Quad(node, predicate, ox.NamedNode(about[key]))
    if about.get("attribution"):
        yield ox.Quad(node, ORTE["attribution"], ox.Literal(about["attribution"]))
    if source.confirmed:
        yield ox.Quad(node, ORTE["lastConfirmed"], _time(source.confirmed))
    if source.last_run:
        yield ox.Quad(node, ORTE["lastRun"], ox.NamedNode(f"{base}/runs/{source.last_run.id}"))


def _time(text: str) -> ox.Literal:
    return ox.Literal(text, datatype=XSD["dateTime"])


def _chunks(texts: Iterable[str]) -> Iterator[bytes]:
    iterator = iter(texts)
    while chunk := "".join(islice(iterator, CHUNK)):
        yield chunk.encode()


def _ahead(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same, each prepared in a thread while the one before it is being loaded, which does not hold the GIL."""
    with ThreadPoolExecutor(1) as thread:
        following = thread.submit(next, chunks, None)
        while (chunk := following.result()) is not None:
            following = thread.submit(next, chunks, None)
            yield chunk
