"""Who uses the ledger: everybody who has it open shares a lock, and replacing it wants the lock alone."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from registry.ledger.errors import LedgerError


def share(path: Path) -> FileIO | None:
    """Use the ledger until the answer is closed or the process ends, however it ends.

    None where the lock file cannot be made, as in a read-only directory: nobody can replace the ledger there either.

    Raises:
        LedgerError: while the ledger is being restored or migrated.
    """
    try:
        file = FileIO(_lock(path), "a+")
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise LedgerError(f"the ledger {path} is being restored or migrated; try again when that is done") from None
    return file


@contextmanager
def alone(path: Path, why: str) -> Iterator[None]:
    """Nobody else uses the ledger meanwhile.

    Raises:
        LedgerError: when somebody does; `why` says what cannot be done because of it.
    """
    with FileIO(_lock(path), "a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise LedgerError(
                f"a server, a harvest or another command uses the ledger {path}; end it first, then {why}"
            ) from None
        yield


def _lock(path: Path) -> Path:
    return path.with_name(path.name + ".lock")
