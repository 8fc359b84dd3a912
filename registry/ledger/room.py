"""Whether a copy failed for want of room: SQLite calls that an I/O error, as it calls much else."""

from __future__ import annotations

import errno
import resource
import shutil
from pathlib import Path

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def want_of_room(error: Exception, original: Path, folder: Path) -> str | None:
    """How much room a copy of a file takes in a folder, and how much there is; None when that is not the reason."""
    log = original.with_name(f"{original.name}-wal")
    takes = original.stat().st_size + (log.stat().st_size if log.exists() else 0)
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    free = shutil.disk_usage(folder).free
    there = free if limit == resource.RLIM_INFINITY else min(limit, free)
    said = str(error)
    if takes > there and ("disk I/O error" in said or _is_full(error)):
        return f"it takes {takes} bytes, and there is room for {there}"
    return (getattr(error, "strerror", None) or said) if _is_full(error) else None


def _is_full(error: Exception) -> bool:
    return getattr(error, "errno", None) in _FULL or "disk is full" in str(error)
