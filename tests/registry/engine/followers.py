"""Followers for tests: the engine host imports them by path, as it does the real one."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyoxigraph import RdfFormat, parse

from registry.engine import Target, TryAgain


class LogFollower:
    """Follows an append-only N-Quads file; the sequence is the number of its lines.

    A line that begins with ``-`` removes its statement. ``!again`` makes it ask for patience once, ``!fail`` makes it
    fail when it is reached. Others are for who loads: ``!new`` makes it fail, ``!wait`` makes it wait for somebody to
    take that back, and ``!part`` makes it load what comes before, and go on when that is taken back; a file beside the
    log says that it has loaded that part and told of it.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._position = 0
        self._sequence = 0
        self._patience_asked = self._in_part = self._told = False

    def load(self, store: Target) -> int:
        while b"!wait" in self._path.read_bytes():
            time.sleep(0.01)
        if b"!new" in self._path.read_bytes():
            raise ValueError("the log says fail to who is new")
        self._in_part = b"!part" in self._path.read_bytes()
        self._apply(store, self._new().partition(b"!part")[0])
        return self._sequence

    def follow(self, store: Target) -> int | None:
        new = self._new()
        if self._in_part and new.startswith(b"!part"):
            if self._told:  # by now; the first time it is asked it has not forked yet
                self._path.with_suffix(".part").touch()
            self._told = True
            return None
        return self._apply(store, new)

    def _new(self) -> bytes:
        with self._path.open("rb") as log:
            log.seek(self._position)
            new = log.read()
        return new[: new.rfind(b"\n") + 1]

    def _apply(self, store: Target, new: bytes) -> int | None:
        if not new:
            return None
        if b"!fail" in new:
            raise ValueError("the log says fail")
        if b"!again" in new and not self._patience_asked:
            self._patience_asked = True
            raise TryAgain
        lines = [line for line in new.splitlines() if not line.startswith((b"!", b"-"))]
        store.extend(parse(b"\n".join(lines), RdfFormat.N_QUADS))
        for gone in (line[1:] for line in new.splitlines() if line.startswith(b"-")):
            for quad in parse(gone, RdfFormat.N_QUADS):
                store.remove(quad.subject, quad.predicate, quad.object, quad.graph_name)  # type: ignore[arg-type]
        self._position += len(new)
        self._sequence += new.count(b"\n")
        return self._sequence

    def position(self) -> Mapping[str, Any]:
        return {"sequence": self._sequence, "position": self._position}

    def resume(self, store: Target, position: Mapping[str, Any]) -> bool:
        if position["position"] > self._path.stat().st_size:
            return False
        self._sequence, self._position = position["sequence"], position["position"]
        return True


class StuckFollower:
    """Never finishes loading, and computes nothing meanwhile."""

    def load(self, store: Target) -> int:
        import threading

        threading.Event().wait()
        return 0

    def follow(self, store: Target) -> int | None:
        return None

    def position(self) -> Mapping[str, Any]:
        return {}

    def resume(self, store: Target, position: Mapping[str, Any]) -> bool:
        return False
