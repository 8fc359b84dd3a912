"""How far a follower has come: enough to go on after any interruption, and small however long the stream is."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

import orjson


@dataclass
class State:
    """`done` are immutable pages whose members were all taken, `seen` the members taken from pages that still grow.

    `sequence` is the highest sequence that the stream has told of itself; a stream that falls behind it went back in
    time.
    """

    done: set[str] = field(default_factory=set)
    seen: dict[str, list[str]] = field(default_factory=dict)
    sequence: int = 0

    @classmethod
    def load(cls, text: str | bytes | None) -> State:
        """From what `dump` gave; a fresh start when there is nothing, or nothing that makes sense."""
        try:
            found = orjson.loads(text) if text else {}
            return cls(set(found["done"]), dict(found["seen"]), int(found["sequence"])) if found else cls()
        except (ValueError, KeyError, TypeError):
            return cls()

    def dump(self) -> str:
        return orjson.dumps({**asdict(self), "done": sorted(self.done)}).decode()
