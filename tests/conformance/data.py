"""What the engine holds during a test: the quads of one file instead of a ledger."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from registry.engine import Target


class Data:
    """A Follower of a file that never changes."""

    def __init__(self, file: str) -> None:
        self._file = Path(file)

    def load(self, store: Target) -> int:
        store.load(self._file.read_bytes())
        return 1

    def follow(self, store: Target) -> int | None:
        return None

    def position(self) -> Mapping[str, Any]:
        return {"sequence": 1}

    def resume(self, store: Target, position: Mapping[str, Any]) -> bool:
        return False
