"""Where a backup goes: the file that it may become or replace, and the one that it is until it is whole."""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from registry.ledger.errors import LedgerError
from registry.ledger.seal import is_sealed

BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a file."""

_PARTIAL = re.compile(r"\.orte-(.+)-([0-9]{1,9})-[0-9a-f]{8}\.partial(-wal|-shm|-journal)?")
"""By the machine and the process that writes it: a name of its own, short whatever the backup is called."""

_PARTS = (*BESIDE, ".lock", ".turns")


def target(file: Path, ledger: Path) -> Path:
    """The file that a backup of this name becomes: where the name is a link, the one it leads to.

    Raises:
        LedgerError: when that is anything but a new file, an empty one, or an older backup as it was written.
    """
    place = Path(os.path.realpath(file))
    try:
        _refuse_what_is_no_place(file, place)
        _refuse_what_is_there(file, place, ledger)
    except OSError as error:
        raise LedgerError(f"{file} cannot be written: {error.strerror}; name another file") from None
    return place


def _refuse_what_is_no_place(file: Path, place: Path) -> None:
    """The folder is there, and has room for the name and for those of what SQLite keeps beside it."""
    if not place.parent.exists():
        raise LedgerError(f"the folder {place.parent} does not exist; make it, or name a file in another one")
    if not place.parent.is_dir():
        raise LedgerError(f"{place.parent} is no folder; name a file in one")
    longest = max(BESIDE, key=len)
    try:
        if place.is_dir():
            raise LedgerError(f"{file} is a folder; name a file in it")
        os.stat(place.with_name(place.name + longest))
    except FileNotFoundError:
        pass
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        raise LedgerError(f"the name of {file} is too long; name a file of a shorter one") from None


def _refuse_what_is_there(file: Path, place: Path, ledger: Path) -> None:
    _refuse_the_ledger(file, place, ledger)
    if place.is_symlink():
        raise LedgerError(f"{file} is a link that leads nowhere but to itself; name another file")
    for end in _PARTS:  # SQLite would play a log into the backup
        if place.with_name(place.name + end).exists():
            raise LedgerError(
                f"{file} is the name of a ledger that is or was in use, as there is {place.name}{end} beside it;"
                " name another file"
            )
    if place.exists():
        _refuse_what_is_no_backup(file, place)


def _refuse_the_ledger(file: Path, place: Path, ledger: Path) -> None:
    """Neither the ledger itself nor what belongs to it, by any of its names."""
    if place.exists() and place.samefile(ledger):
        raise LedgerError(f"{file} is the ledger itself; name another file")
    for of in (ledger.parent.resolve() / ledger.name, ledger.resolve()):
        if place in {of.with_name(of.name + end) for end in _PARTS}:
            raise LedgerError(f"{file} is a part of the ledger; name another file")


def _refuse_what_is_no_backup(file: Path, place: Path) -> None:
    if not place.is_file():
        raise LedgerError(f"{file} is no backup but a pipe or a device; name another file")
    try:
        known = not place.stat().st_size or is_sealed(place)
    except OSError as error:
        raise LedgerError(f"{file} cannot be replaced: {error.strerror}; name another file") from None
    if not known:
        raise LedgerError(
            f"{file} is no backup, or not as `orte backup` wrote it; it is left as it is:"
            " name another file, or move this one away"
        )


@contextmanager
def partial(folder: Path) -> Iterator[Path]:
    """A new and empty file that only its owner reads; it is gone afterwards, unless it got another name.

    What processes that were killed have left in the folder goes, too.
    """
    _clear(folder)
    path = folder / f".orte-{os.uname().nodename}-{os.getpid()}-{secrets.token_hex(4)}.partial"
    try:
        make(path)
        yield path
    finally:
        remove(path)


def make(path: Path) -> None:
    """Make an empty file that only its owner reads."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def remove(path: Path) -> None:
    """Remove a file with what SQLite keeps beside it, as far as they are there."""
    for end in ("", *BESIDE):
        path.with_name(path.name + end).unlink(missing_ok=True)


def permit(path: Path, like: Path, least: int = 0) -> None:
    """Let those use a file who may use another one; where files have no permissions, there are none to give."""
    with suppress(OSError):
        path.chmod(stat.S_IMODE(like.stat().st_mode) & 0o777 | least)


def _clear(folder: Path) -> None:
    with suppress(OSError):  # it need not be ours to list
        for file in folder.iterdir():
            found = _PARTIAL.fullmatch(file.name)
            if found and found[1] == os.uname().nodename and not _runs(int(found[2])):
                file.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it is another user's
    return True
