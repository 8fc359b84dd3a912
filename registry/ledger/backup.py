"""Copy the ledger while it is in use, and put a copy back."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from registry.ledger import migrate
from registry.ledger.errors import DAMAGED, WHAT_TO_DO, LedgerError, troubled
from registry.ledger.integrity import faults
from registry.ledger.room import want_of_room
from registry.ledger.schema import execute, lacking
from registry.ledger.seal import is_broken, seal, unseal
from registry.ledger.target import BESIDE, make, partial, permit, remove, target
from registry.ledger.use import alone, share

_PAGES = 4096  # copied between two words about progress

Progress = Callable[[int, int], None]
"""Called with the pages copied and the pages there are."""


@dataclass(frozen=True)
class Copy:
    """A whole copy: its state digests as hex, how many activities it holds, its size in bytes."""

    file: Path
    base: str
    schema: int
    sequence: int
    records: str
    entities: str
    size: int


def backup(ledger: Path, file: Path, progress: Progress = lambda done, total: None) -> Copy:
    """Copy a ledger as it is at this moment (SQLite's online backup), check the copy, seal it, then give it its name.

    Servers and harvests go on meanwhile. A ledger of an older schema is copied as it is.

    Raises:
        LedgerError: when there is no ledger, it cannot be read, the copy is not whole (no file is left then), or
            the name is that of something else than an older backup.
    """
    if not ledger.is_file():
        raise LedgerError(f"there is no ledger at {ledger}; nothing to back up")
    if not os.access(ledger, os.R_OK):
        raise LedgerError(f"the ledger {ledger} cannot be read; call this as its owner, or as somebody who may read it")
    place = target(file, ledger)
    use = share(ledger)
    try:
        with partial(place.parent) as fresh:
            _copy(ledger, fresh, progress)
            copy = _looked_at(fresh, ledger)
            seal(fresh)
            _to_disk(fresh)
            permit(fresh, ledger)
            fresh.replace(place)
        _to_disk(place.parent)
    except (*DAMAGED, OSError) as error:
        raise _not_copied(ledger, file, place.parent, error) from None
    finally:
        if use:
            use.close()
    return replace(copy, file=file)


def _not_copied(ledger: Path, file: Path, folder: Path, error: Exception) -> LedgerError:
    if why := want_of_room(error, ledger, folder):
        return LedgerError(f"there is no room for {file}: {why}; make room, or name a file on another disk")
    if isinstance(error, OSError):
        return LedgerError(
            f"nothing can be written in the folder {folder}: {error.strerror};"
            " check its owner and how it is mounted, or name a file in another one"
        )
    return troubled(ledger, f"copied to {file}", error)


def examine(file: Path) -> Copy:
    """What a backup holds. Raises LedgerError, naming the first fault, when it is not a whole ledger."""
    try:
        kind = file.stat().st_mode
        if stat.S_ISDIR(kind):
            raise LedgerError(f"{file} is a folder; name a backup in it")
        if not stat.S_ISREG(kind):
            raise LedgerError(f"{file} is no file but a pipe or a device; copy the backup into a file, and name that")
        if is_broken(file):
            raise LedgerError(f"{file} is not a whole ledger: its bytes are not those that `orte backup` wrote")
    except FileNotFoundError:
        raise LedgerError(f"there is no file {file}; name a backup") from None
    except OSError as error:
        raise LedgerError(
            f"{file} cannot be read: {error.strerror}; name another backup, or call this as somebody who may read it"
        ) from None
    return _looked_at(file, file)


def _looked_at(file: Path, name: Path) -> Copy:
    """The same of a copy that stands for the file of another name, without its seal."""
    advice = "" if file == name else f"; {WHAT_TO_DO}"
    try:
        with closing(_open(file, "ro")) as db:
            schema = migrate.version(db)
            if not schema:
                raise LedgerError(f"{name} is not a ledger{advice}")
            if schema > migrate.newest():  # of another shape, which is no damage
                raise _newer(name, schema) if file == name else migrate.refuse(name, schema)
            missing = lacking(db) if schema == migrate.newest() else None
            if wrong := [missing] if missing else faults(db):
                raise LedgerError(f"{name} is not a whole ledger: {wrong[0]}{advice}")
            base = db.execute("SELECT value FROM meta WHERE key = 'base'").fetchone()
            if base is None:
                raise LedgerError(
                    f"{name} is not a whole ledger: it does not say for which base_url it was made{advice}"
                )
            (sequence,) = db.execute("SELECT coalesce(max(sequence), 0) FROM activity").fetchone()
            digests = dict(db.execute("SELECT stream, digest FROM state WHERE source = ''"))
    except (*DAMAGED, ValueError, TypeError) as error:  # a damaged value is of another kind than it ought to be
        raise LedgerError(f"{name} is not a ledger, or it is damaged: {error}{advice}") from None
    records, entities = (digests.get(stream, bytes(32)).hex() for stream in ("record", "entity"))
    return Copy(file, base[0], schema, sequence, records, entities, file.stat().st_size)


def _newer(file: Path, schema: int) -> LedgerError:
    return LedgerError(
        f"{file} was written by a newer version of this program: it has schema version {schema}, this one knows"
        f" {migrate.newest()} at most; restore it with that version, or restore an older backup"
    )


def restore(file: Path, ledger: Path, base: str) -> tuple[Copy, Path | None]:
    """Put a backup in the ledger's place; returns what it holds, and where the old ledger is kept.

    One of an older schema is migrated on the way.

    Raises:
        LedgerError: when the backup is not whole, belongs to another base address or a newer program, or while
            anybody uses the ledger; nothing has changed then.
    """
    copy = examine(file)
    if copy.base != base:
        raise LedgerError(
            f"{file} was made for base_url {copy.base}, registry.toml says {base}; addresses never change"
        )
    ledger.parent.mkdir(parents=True, exist_ok=True)
    with alone(ledger, f"call `orte restore {file}` again"):
        fresh = ledger.with_name(f".{ledger.name}.restoring")
        try:
            remove(fresh)
            make(fresh)
            _copy(file, fresh)
            _bring_forward(fresh, file, copy.schema)
            _to_disk(fresh)
            _hand_over(fresh, ledger, file)
            kept = _put_aside(ledger)
            fresh.replace(ledger)
            _to_disk(ledger.parent)
        except (sqlite3.Error, OSError) as error:
            raise _not_replaced(ledger, file, error) from None
        finally:
            remove(fresh)
    return copy, kept


def _copy(file: Path, to: Path, progress: Progress = lambda done, total: None) -> None:
    """What a ledger holds at this moment, its log included, as one file that is whole in itself."""
    with closing(_open(file, "ro")) as source, closing(_open(to, "rw")) as copy:
        source.execute("BEGIN")
        source.execute("SELECT 1 FROM sqlite_master").fetchone()  # the moment that is copied
        source.backup(copy, pages=_PAGES, progress=lambda _, left, total: progress(total - left, total))
        source.execute("COMMIT")
        copy.execute("PRAGMA journal_mode = DELETE")
        unseal(copy)


def _not_replaced(ledger: Path, file: Path, error: Exception) -> LedgerError:
    if why := want_of_room(error, file, ledger.parent):
        return LedgerError(
            f"there is no room for a copy of {file} beside the ledger {ledger}: {why}; make room and call this again"
        )
    if isinstance(error, OSError):
        return LedgerError(
            f"the ledger {ledger} cannot be replaced: {error.strerror}; check the folder's owner and how it is mounted"
        )
    return LedgerError(f"the ledger {ledger} cannot be replaced: {error}")


def _bring_forward(fresh: Path, file: Path, schema: int) -> None:
    """Make a copy of a backup a ledger that this program opens as it is, or refuse it while the old one is in place."""
    with closing(_open(fresh, "rw")) as db:
        if schema < migrate.newest():
            migrate.migrate(db, schema)
        if missing := lacking(db):
            raise LedgerError(f"{file} is not a whole ledger: {missing}")
        db.execute("BEGIN")
        execute(db, "additions.sql")
        db.execute("COMMIT")


def _hand_over(fresh: Path, ledger: Path, file: Path) -> None:
    """A restored ledger belongs to whom the old one does, also when root restores it, and the same people use it."""
    if ledger.exists():
        with suppress(OSError):  # only root gives files away
            os.chown(fresh, ledger.stat().st_uid, ledger.stat().st_gid)
    permit(fresh, ledger if ledger.exists() else file, least=0o600)


def _put_aside(ledger: Path) -> Path | None:
    """Keep the old ledger under another name, and clear the place of what belongs to it."""
    if not any(ledger.with_name(ledger.name + end).exists() for end in ("", *BESIDE)):
        return None
    with suppress(*DAMAGED), closing(_open(ledger, "rw")) as db:  # a damaged one stays as it is
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    stamp = f"{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}"
    kept = ledger.with_name(f"{ledger.name}.before-{stamp}")
    number = 1
    while any(kept.with_name(kept.name + end).exists() for end in ("", *BESIDE)):
        number += 1
        kept = ledger.with_name(f"{ledger.name}.before-{stamp}-{number}")
    for end in ("", *BESIDE):
        old = ledger.with_name(ledger.name + end)
        if old.exists():  # a second name first: killed here, the old ledger is whole under both
            os.link(old, kept.with_name(kept.name + end))
    for end in BESIDE:
        ledger.with_name(ledger.name + end).unlink(missing_ok=True)
    return kept


def _open(path: Path, mode: str) -> sqlite3.Connection:
    quoted = str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    return sqlite3.connect(f"file:{quoted}?mode={mode}", uri=True, isolation_level=None)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
