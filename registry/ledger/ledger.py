"""Open the ledger, read from it, and write in transactions."""

from __future__ import annotations

import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path

from registry.ledger import activities, announcements, entities, migrate, records, runs
from registry.ledger.backup import backup
from registry.ledger.entities import Entity
from registry.ledger.errors import DAMAGED, LedgerError, damaged, troubled
from registry.ledger.records import StoredRecord
from registry.ledger.runs import Run, SourceState
from registry.ledger.schema import execute, statements
from registry.ledger.turns import Turns, begin
from registry.ledger.use import alone, share

BUSY_MS = 30_000
"""How long a writer waits for another one; writers hold the lock for one batch at most."""

LOG_BYTES = 64_000_000
"""To which the write-ahead log is cut when it begins anew; it grows while somebody reads for long, as a dump does."""


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

    def __init__(
        self,
        db: sqlite3.Connection,
        base: str,
        clock: Callable[[], datetime],
        use: FileIO | None = None,
        turns: Turns | None = None,
        path: Path | None = None,
    ) -> None:
        self.db = db
        self.base = base
        self._clock = clock
        self._use = use
        self._turns = turns
        self._latest = ""
        self._path = path
        self._file = _identity(path)

    @classmethod
    def open(cls, path: Path, base: str, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Ledger:
        """Open for writing; create the file when there is none, and migrate one of an older version.

        Before a migration the ledger is copied to `{path}.schema-{version}`, so that there is a way back.

        Raises:
            LedgerError: when the file is not a ledger this program knows, belongs to another base address, or is
                not readable.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            use = share(path)
            if path.exists():
                _refuse_an_empty_file(path)
            else:
                _make(path, base)
            db = _connect(f"file:{_quoted(path)}?mode=rw")
            found = migrate.version(db)
            if found is not None and 1 <= found < migrate.newest():
                db.close()
                if use:
                    use.close()
                _bring_forward(path, found)
                return cls.open(path, base, clock=clock)
            db.execute("PRAGMA journal_mode = WAL")
            db.execute(f"PRAGMA journal_size_limit = {LOG_BYTES}")
            ledger = cls(db, base, clock, use, Turns(path), path)
            if found is None or not _complete(db):
                with ledger.transaction():
                    if migrate.version(db) is None:  # begun by an older version of this program, and killed
                        _create(db, base)
                    execute(db, "additions.sql")
        except (*DAMAGED, OSError) as error:
            raise troubled(path, "opened for writing", error) from None
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
        _refuse_an_empty_file(path)
        use = share(path)
        try:
            db = _connect(f"file:{_quoted(path)}?mode=ro")
            db.execute("PRAGMA query_only = ON")
            row = db.execute("SELECT value FROM meta WHERE key = 'base'").fetchone()
        except DAMAGED as error:
            raise troubled(path, "read", error) from None
        ledger = cls(db, row[0] if row else "", lambda: datetime.now(UTC), use, path=path)
        ledger._examine(path)
        return ledger

    def close(self) -> None:
        self.db.close()
        if self._use:
            self._use.close()
        if self._turns:
            self._turns.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; waits for other writers. Durable when it returns (`synchronous=FULL`).

        After a long one, others who wait are let in before it returns.

        Raises:
            LedgerError: when the file has gone from its place: what is written now would vanish with this process.
        """
        if not self.in_place():
            raise LedgerError(
                f"the ledger {self._path} was removed or replaced while it was used; end every process that uses it,"
                " then put it back, or a backup with `orte restore FILE`"
            )
        with self._turns.waiting() if self._turns else nullcontext():
            begin(self.db, BUSY_MS)
        began = time.monotonic()
        try:
            yield
            self.db.execute("COMMIT")
        except BaseException:
            if self.db.in_transaction:  # a full disk may have ended it already
                self.db.execute("ROLLBACK")
            raise
        if self._turns:
            self._turns.give_way(time.monotonic() - began)

    def in_place(self) -> bool:
        """Whether the file that is open is still the one of its name."""
        return _identity(self._path) == self._file

    def now(self) -> str:
        """The moment to write into the logs: UTC, whole seconds, `2026-11-22T17:30:00Z`.

        It never goes back, whatever the clock does: not behind what was published last, here or by another process.
        """
        self._latest = max(self.clock(), self._latest, activities.latest(self.db), announcements.moment(self.db))
        return self._latest

    def clock(self) -> str:
        """What the clock says, right or wrong: for the starts of runs, from which the next ones are scheduled."""
        return self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    # reading

    def entity(self, iri: str) -> Entity | None:
        return entities.get(self.db, iri)

    def state_of(self, iri: str) -> entities.EntityState | None:
        return entities.state(self.db, iri)

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
        """A number that changes whenever another connection has written; to ask costs next to nothing."""
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
        except DAMAGED as error:
            raise troubled(path, "read", error) from None
        if meta.get("schema") != str(migrate.newest()):
            raise migrate.refuse(path, migrate.version(self.db))
        if meta.get("base") != self.base:
            raise LedgerError(
                f"the ledger {path} was made for base_url {meta.get('base')}, registry.toml says {self.base};"
                " addresses never change: put the old one back, or start with a new data directory"
            )


def _bring_forward(path: Path, found: int) -> None:
    """Migrate a ledger that nobody uses, and keep a copy of how it was."""
    backup(path, path.with_name(f"{path.name}.schema-{found}"))
    with alone(path, "start this version of the program again, to migrate it"):
        db = _connect(f"file:{_quoted(path)}?mode=rw")
        try:
            migrate.migrate(db, found)
        finally:
            db.close()


def _identity(path: Path | None) -> tuple[int, int] | None:
    try:
        found = path.stat() if path else None
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found else None


def _refuse_an_empty_file(path: Path) -> None:
    """A ledger is never empty from the moment it has its name; one that is has been cut off."""
    if not path.stat().st_size:
        raise damaged(path, "the file is empty")


def _make(path: Path, base: str) -> None:
    """Make a ledger aside and then give it its name: it is there and whole, or it is not there."""
    # SQLite would play what is in them into the new one
    if any(path.with_name(path.name + end).exists() for end in ("-wal", "-journal")):
        if path.exists():  # another process was faster, and writes already
            return
        raise damaged(path, "the file is gone, but what was last written to it is still there beside it")
    fresh = path.with_name(f".{path.name}.new-{secrets.token_hex(4)}")
    try:
        db = _connect(f"file:{_quoted(fresh)}?mode=rwc")
        try:
            db.execute("BEGIN")
            _create(db, base)
            execute(db, "additions.sql")
            db.execute("COMMIT")
        finally:
            db.close()
        with suppress(FileExistsError):  # another process was faster
            os.link(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def _complete(db: sqlite3.Connection) -> bool:
    """Whether everything that `additions.sql` would add is there; so that opening waits for no writer."""
    names = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
    return names >= {statement.split(" ON ")[0].split()[5].rstrip("(") for statement in statements("additions.sql")}


def _connect(uri: str) -> sqlite3.Connection:
    db = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_MS / 1000, check_same_thread=False)
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA cache_size = -16000")
    db.execute("PRAGMA cell_size_check = ON")  # notices a damaged page before it leads astray
    return db


def _create(db: sqlite3.Connection, base: str) -> None:
    execute(db, "schema.sql")
    db.executemany("INSERT INTO meta VALUES (?, ?)", [("schema", str(migrate.newest())), ("base", base)])


def _quoted(path: Path) -> str:
    return str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
