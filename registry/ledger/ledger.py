"""Open the ledger, read from it, and write in transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from registry.ledger import activities, entities, records, runs
from registry.ledger.entities import Entity
from registry.ledger.records import StoredRecord
from registry.ledger.runs import Run, SourceState

SCHEMA_VERSION = 1
BUSY_MS = 30_000
"""How long a writer waits for another one; writers hold the lock for one batch at most."""


class LedgerError(Exception):
    """The ledger cannot be used; one sentence that says what to do."""


@dataclass(frozen=True)
class StateDigest:
    """Sum modulo 2^256 of the digests of all live members of a stream, their number, and the last sequence."""

    digest: bytes
    live: int
    sequence: int

    @property
    def hex(self) -> str:
        return self.digest.hex()


class Ledger:
    """One SQLite file (WAL, `synchronous=FULL`): many readers, one writer at a time across processes.

    `db` is the connection, in autocommit mode; every write happens inside `transaction()`.
    """

    def __init__(self, db: sqlite3.Connection, base: str, clock: Callable[[], datetime]) -> None:
        self.db = db
        self.base = base
        self._clock = clock

    @classmethod
    def open(cls, path: Path, base: str, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Ledger:
        """Open for writing; create the file when there is none.

        Raises:
            LedgerError: when the file is not a ledger of this version, belongs to another base address, or is
                not readable.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            db = _connect(f"file:{_quoted(path)}?mode=rwc")
            db.execute("PRAGMA journal_mode = WAL")
            ledger = cls(db, base, clock)
            with ledger.transaction():
                if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
                    _create(db, base)
                _execute(db, "additions.sql")
        except (sqlite3.Error, OSError) as error:
            raise LedgerError(f"the ledger {path} cannot be opened for writing: {error}") from None
        ledger._examine(path)
        return ledger

    @classmethod
    def reader(cls, path: Path) -> Ledger:
        """Open an existing ledger for reading only.

        Raises:
            LedgerError: when there is none, or it cannot be read.
        """
        if not path.is_file():
            raise LedgerError(f"there is no ledger at {path}; `orte init` makes one")
        try:
            db = _connect(f"file:{_quoted(path)}?mode=ro")
            db.execute("PRAGMA query_only = ON")
            row = db.execute("SELECT value FROM meta WHERE key = 'base'").fetchone()
        except sqlite3.Error as error:
            raise LedgerError(f"the ledger {path} cannot be read: {error}") from None
        ledger = cls(db, row[0] if row else "", lambda: datetime.now(UTC))
        ledger._examine(path)
        return ledger

    def close(self) -> None:
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; waits for other writers. Durable when it returns (`synchronous=FULL`)."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def now(self) -> str:
        """The present moment as the ledger writes it: UTC, whole seconds, `2026-11-22T17:30:00Z`."""
        return self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    # reading

    def entity(self, iri: str) -> Entity | None:
        return entities.get(self.db, iri)

    def record(self, iri: str) -> StoredRecord | None:
        return records.get(self.db, iri)

    def records_of(self, entity_iri: str) -> list[StoredRecord]:
        """The live records an entity is made of, in order of their IRIs."""
        return records.of_entity(self.db, entity_iri)

    def run(self, number: int) -> Run | None:
        return runs.get(self.db, number)

    def sources(self) -> list[SourceState]:
        return runs.sources(self.db)

    def sequence(self) -> int:
        """Sequence of the last activity; 0 when there is none."""
        return activities.last(self.db)

    def digest(self, stream: str = "record", source: str = "") -> StateDigest:
        """State digest of the stream 'record' or 'entity', or of one source's records."""
        row = self.db.execute(
            "SELECT digest, live, sequence FROM state WHERE stream = ? AND source = ?", (stream, source)
        ).fetchone()
        return StateDigest(*row) if row else StateDigest(bytes(32), 0, 0)

    def version(self) -> int:
        """A number that changes whenever another connection has written; it costs 3 µs to ask."""
        return int(self.db.execute("PRAGMA data_version").fetchone()[0])

    def position(self, follower: str) -> int:
        """How far a follower has come in the log of activities."""
        row = self.db.execute("SELECT sequence FROM follower WHERE name = ?", (follower,)).fetchone()
        return int(row[0]) if row else 0

    def move(self, follower: str, sequence: int) -> None:
        self.db.execute(
            "INSERT INTO follower VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET sequence = excluded.sequence",
            (follower, sequence),
        )

    def _examine(self, path: Path) -> None:
        try:
            meta = dict(self.db.execute("SELECT key, value FROM meta"))
        except sqlite3.Error as error:
            raise LedgerError(f"{path} is not a ledger, or it is damaged: {error}") from None
        if meta.get("schema") != str(SCHEMA_VERSION):
            raise LedgerError(
                f"the ledger {path} has schema version {meta.get('schema')}, this program knows {SCHEMA_VERSION};"
                " use the version of the program that wrote it, or restore a backup"
            )
        if meta["base"] != self.base:
            raise LedgerError(
                f"the ledger {path} was made for base_url {meta['base']}, registry.toml says {self.base};"
                " addresses never change: put the old one back, or start with a new data directory"
            )


def _connect(uri: str) -> sqlite3.Connection:
    db = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_MS / 1000, check_same_thread=False)
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA cache_size = -16000")
    return db


def _create(db: sqlite3.Connection, base: str) -> None:
    _execute(db, "schema.sql")
    db.executemany("INSERT INTO meta VALUES (?, ?)", [("schema", str(SCHEMA_VERSION)), ("base", base)])


def _execute(db: sqlite3.Connection, name: str) -> None:
    for statement in files("registry.ledger").joinpath(name).read_text(encoding="utf-8").split(";\n"):
        if statement.strip():
            db.execute(statement)


def _quoted(path: Path) -> str:
    return str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
