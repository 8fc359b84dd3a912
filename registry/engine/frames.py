"""Frames between the client and a worker: a kind byte, a length of four bytes (big-endian), a payload."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum

_HEAD = struct.Struct(">BI")


class Kind(IntEnum):
    """What a frame carries. A worker answers REQUEST with HEADER, DATA*, END, or at any point with ERROR."""

    REQUEST = 1  # JSON: the query, its dataset, formats and limits
    HEADER = 2  # JSON: kind, media_type
    DATA = 3  # a piece of the answer
    END = 4  # JSON: truncated, retire (the worker ends itself)
    ERROR = 5  # JSON: kind (refused, expensive), message, line, column, retire


def pack(kind: Kind, payload: bytes | memoryview) -> bytes:
    return b"".join((_HEAD.pack(kind, len(payload)), payload))


class FrameReader:
    """Cuts a byte stream into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[Kind, bytes]]:
        """The frames that ``data`` completes. Consume them all before feeding more."""
        buffer = self._buffer
        buffer += data
        start = 0
        with memoryview(buffer) as view:
            while len(buffer) - start >= _HEAD.size:
                kind, length = _HEAD.unpack_from(buffer, start)
                end = start + _HEAD.size + length
                if len(buffer) < end:
                    break
                yield Kind(kind), bytes(view[start + _HEAD.size : end])
                start = end
        del buffer[:start]
