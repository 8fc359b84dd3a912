"""Ask the system for the files of a start before they are needed: with a cold cache it waited for them half the time.

A server remembers what it had loaded when it answered, beside its modules as Python keeps those; the next one has the
system read it while the first imports are still at work.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from threading import Thread

REMEMBERED = Path(__file__).parent / "__pycache__" / f"loaded.{sys.implementation.cache_tag}.txt"


def read_ahead() -> None:
    """Have the files of the last start read; returns at once."""
    Thread(target=_read, name="read ahead", daemon=True).start()


def remember() -> None:
    """Write down which files this process has loaded: libraries first, the largest before the others."""
    if sys.dont_write_bytecode:
        return
    with suppress(OSError):
        content = "".join(f"{file}\n" for file in _loaded())
        if not REMEMBERED.exists() or REMEMBERED.read_text(encoding="utf-8") != content:
            new = REMEMBERED.with_suffix(f".{os.getpid()}")
            new.write_text(content, encoding="utf-8")
            os.replace(new, REMEMBERED)


def _read() -> None:
    with suppress(OSError), REMEMBERED.open(encoding="utf-8") as files:
        for file in files:
            with suppress(OSError):  # it has gone
                opened = os.open(file.rstrip("\n"), os.O_RDONLY)
                os.posix_fadvise(opened, 0, 0, os.POSIX_FADV_WILLNEED)
                os.close(opened)


def _loaded() -> list[str]:
    maps = Path("/proc/self/maps").read_text(encoding="utf-8")
    mapped = {line.split(maxsplit=5)[-1] for line in maps.splitlines()}
    libraries = [file for file in mapped if ".so" in file and os.path.isfile(file)]
    modules = [str(module.__cached__) for module in list(sys.modules.values()) if getattr(module, "__cached__", None)]
    return [*sorted(libraries, key=lambda file: (-os.path.getsize(file), file)), *dict.fromkeys(modules)]
