"""Prove that we hold what we say: the ledger against itself, engine and search against it, us against a peer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyoxigraph as ox

from harvesters.fetch import Fetcher, FetchError
from registry.engine import Remote
from registry.engine.remote.comparing import difference
from registry.engine.remote.connection import RemoteError
from registry.ledger import Ledger
from registry.ledger.activities import unpack
from registry.ledger.integrity import log_faults
from registry.project import Follower
from registry.record import canonical, parse, shift
from registry.record import digest as digest_of
from registry.terms import ORTE


@dataclass(frozen=True)
class Finding:
    """One comparison: what was looked at, whether it agrees, and what was found there."""

    what: str
    good: bool
    found: str


def verify(ledger: Ledger, path: str, remote: Remote | None = None) -> list[Finding]:
    """Compare records, entities, log, search and a freshly loaded engine, content by content.

    With an engine elsewhere, every statement that it holds is compared with those of the freshly loaded one.
    """
    records = ledger.digest("record")
    entities = ledger.digest("entity")
    return [
        _same("records in the ledger", _stored(ledger, "record"), records.hex),
        _same("entities in the ledger", _stored(ledger, "entity"), entities.hex),
        _log("log of records", ledger, "record"),
        _log("log of entities", ledger, "entity"),
        _search(ledger),
        *_engine(ledger, path, remote),
    ]


def verify_peer(ledger: Ledger, address: str, fetch: Fetcher) -> list[Finding]:
    """Compare state digests with a peer: with our source that follows it, or as its replica with all we hold."""
    url = address.rstrip("/")
    try:
        theirs = fetch.get(f"{url}/digest", accept="application/json").json()
        streams = {name: (str(theirs[name]["digest"]), int(theirs[name]["count"])) for name in ("records", "entities")}
    except (FetchError, ValueError, KeyError, TypeError) as error:
        return [Finding(f"{url}/digest", False, f"cannot be read: {error}")]
    following = [state for state in ledger.sources() if state.description.get("peer") == url]
    if following:
        ours = {"records": ledger.digest("record", following[0].id)}
    else:
        ours = {"records": ledger.digest("record"), "entities": ledger.digest("entity")}
    return [
        Finding(
            f"{name} of {url}",
            (state.hex, state.live) == streams[name],
            f"we hold {state.live}, {state.hex}; they hold {streams[name][1]}, {streams[name][0]}",
        )
        for name, state in ours.items()
    ]


def _same(what: str, found: str, expected: str) -> Finding:
    return Finding(what, found == expected, found if found == expected else f"{found}, expected {expected}")


def _sum(digests: Iterable[bytes]) -> str:
    state = bytes(32)
    for one in digests:
        state = shift(state, add=one)
    return state.hex()


def _stored(ledger: Ledger, table: str) -> str:
    """From the contents themselves, not from the digests beside them."""
    rows = ledger.db.execute(f"SELECT nquads FROM {table} WHERE status = 'live'")
    return _sum(digest_of(unpack(nquads)) for (nquads,) in rows)


def _log(what: str, ledger: Ledger, stream: str) -> Finding:
    """By replaying every activity."""
    wrong = next(log_faults(ledger.db, stream), "")
    return Finding(what, not wrong, wrong or ledger.digest(stream).hex)


def _search(ledger: Ledger) -> Finding:
    wanted = {iri for (iri,) in ledger.db.execute("SELECT iri FROM entity WHERE status = 'live'")}
    if not ledger.db.execute("SELECT 1 FROM sqlite_master WHERE name = 'search_entity'").fetchone():
        return Finding("search", not wanted, "there is none yet; `orte rebuild` makes it")
    found = {iri for (iri,) in ledger.db.execute("SELECT iri FROM search_entity")}
    missing, extra = len(wanted - found), len(found - wanted)
    return Finding("search", found == wanted, f"{len(found)} entities, {missing} missing, {extra} too many")


def _engine(ledger: Ledger, path: str, remote: Remote | None) -> list[Finding]:
    """Load the engine's store as its host does, and add up what is in it."""
    store = ox.Store()
    Follower(path).load(store)
    entities = []
    for iri, packed in ledger.db.execute("SELECT iri, nquads FROM entity WHERE status = 'live'"):
        found, said = canonical(_described(store, iri)), unpack(packed)
        entities.append(digest_of(said if found == said or found == _as_held(said) else found))
    node = ORTE["digest"]
    records = [
        bytes.fromhex(quad.object.value)
        for quad in store.quads_for_pattern(None, node, None, ox.DefaultGraph())
        if isinstance(quad.object, ox.Literal)
        and isinstance(quad.subject, ox.NamedNode)
        and store.contains_named_graph(quad.subject)
    ]
    return [
        _same("entities in the engine", _sum(entities), ledger.digest("entity").hex),
        _same("record graphs in the engine", _sum(records), ledger.digest("record").hex),
        *([_elsewhere(store, remote)] if remote else []),
    ]


def _as_held(nquads: str) -> str:
    """The same statements as a store gives them back: numbers in their shortest form, "33.00" as 33.0 or 33."""
    store = ox.Store()
    store.extend(parse(nquads))
    return canonical(quad.triple for quad in store)


def _elsewhere(store: ox.Store, remote: Remote) -> Finding:
    try:
        found = difference(store, remote)
    except RemoteError as error:
        return Finding(f"engine at {remote.url}", False, f"cannot be compared: {error}")
    good = not found.missing and not found.extra
    said = f"{found.same} statements, {found.missing} missing, {found.extra} too many"
    return Finding(f"engine at {remote.url}", good, said if good else f"{said}; `orte rebuild` fills it anew")


def _described(store: ox.Store, iri: str) -> list[ox.Triple]:
    """What the catalogue says of an entity and its nested nodes."""
    found: list[ox.Triple] = []
    todo, seen = [iri], {iri}
    while todo:
        for quad in store.quads_for_pattern(ox.NamedNode(todo.pop()), None, None, ox.DefaultGraph()):
            found.append(quad.triple)
            if isinstance(quad.object, ox.NamedNode) and quad.object.value.startswith(f"{iri}#"):
                if quad.object.value not in seen:
                    todo.append(quad.object.value)
                seen.add(quad.object.value)
    return found
