"""What the engine holds during a test: the quads of one file instead of a ledger."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox


class Data:
    """A Follower of a file that never changes."""

    def __init__(self, file: str) -> None:
        self._file = Path(file)

    def load(self, store: ox.Store) -> int:
        store.load(self._file.read_bytes(), format=ox.RdfFormat.N_QUADS)
        return 1

    def follow(self, store: ox.Store) -> int | None:
        return None
