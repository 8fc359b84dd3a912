"""Where a backup goes: the file that it may become, or replace."""

from __future__ import annotations

import os
from pathlib import Path

from registry.ledger.errors import LedgerError
from registry.ledger.seal import is_sealed

BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a file."""

_PARTS = (*BESIDE, ".lock", ".turns")


def target(file: Path, ledger: Path) -> Path:
    """The file that a backup of this name becomes: where the name is a link, the one it leads to.

    Raises:
        LedgerError: when that is anything but a new file, an empty one, or an older backup as it was written.
    """
    place = Path(os.path.realpath(file))
    _refuse_the_ledger(file, place, ledger)
    if place.is_symlink():
        raise LedgerError(f"{file} is a link that leads nowhere but to itself; name another file")
    if place.is_dir():
        raise LedgerError(f"{file} is a folder; name a file in it")
    for end in _PARTS:  # SQLite would play a log into the backup
        if place.with_name(place.name + end).exists():
            raise LedgerError(
                f"{file} is the name of a ledger that is in use, as there is {place.name}{end} beside it;"
                " name another file"
            )
    if place.exists():
        _refuse_what_is_no_backup(file, place)
    return place


def _refuse_the_ledger(file: Path, place: Path, ledger: Path) -> None:
    """Neither the ledger itself nor what belongs to it, by any of its names."""
    if place.exists() and place.samefile(ledger):
        raise LedgerError(f"{file} is the ledger itself; name another file")
    for of in (ledger.parent.resolve() / ledger.name, ledger.resolve()):
        if place in {of.with_name(of.name + end) for end in _PARTS}:
            raise LedgerError(f"{file} is a part of the ledger; name another file")


def _refuse_what_is_no_backup(file: Path, place: Path) -> None:
    try:
        known = place.is_file() and (not place.stat().st_size or is_sealed(place))
    except OSError as error:
        raise LedgerError(f"{file} cannot be replaced: {error.strerror}; name another file") from None
    if not known:
        raise LedgerError(
            f"{file} is no backup, or not as `orte backup` wrote it; it is left as it is:"
            " name another file, or move this one away"
        )
