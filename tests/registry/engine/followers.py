"""Followers for tests: the engine host imports them by path, as it does the real one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyoxigraph import RdfFormat, parse

from registry.engine import Target, TryAgain


class LogFollower:
    """Follows an append-only N-Quads file; the sequence is the number of its lines.

    A line ``!again`` makes it ask for patience once, ``!fail`` makes it fail when it is reached.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._position = 0
        self._sequence = 0
        self._patience_asked = False

    def load(self, store: Target) -> int:
        self.follow(store)
        return self._sequence

    def follow(self, store: Target) -> int | None:
        with self._path.open("rb") as log:
            log.seek(self._position)
            new = log.read()
        new = new[: new.rfind(b"\n") + 1]
        if not new:
            return None
        if b"!fail" in new:
            raise ValueError("the log says fail")
        if b"!again" in new and not self._patience_asked:
            self._patience_asked = True
            raise TryAgain
        lines = [line for line in new.splitlines() if not line.startswith(b"!")]
        store.extend(parse(b"\n".join(lines), RdfFormat.N_QUADS))
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
