"""Reading and unpacking an answer piece by piece, stopping at the first byte too many."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Protocol

_PIECE = 65_536
_EXPANSION_FLOOR = 8 * 1024 * 1024  # small answers may be as repetitive as they like


class Oversize(Exception):
    """Which limit the body broke, as the end of a sentence that begins with the address."""


class Undecodable(Exception):
    """Why the body cannot be unpacked, as the end of a sentence that begins with the address."""


class Readable(Protocol):
    def read(self, amt: int, decode_content: bool) -> bytes: ...


@dataclass(frozen=True)
class Body:
    """`content` is unpacked; `received` counts the bytes that came over the wire."""

    content: bytes
    received: int


def read_body(raw: Readable, *, encoding: str, max_bytes: int, max_expansion: int) -> Body:
    """The whole body of an answer with the given Content-Encoding.

    We unpack ourselves: HTTP libraries unpack a whole piece before anyone can look at its size.
    Raises `Oversize`, `Undecodable`, and whatever `raw.read` raises.
    """
    unpack = _unpacker(encoding)
    content = bytearray()
    received = 0
    while piece := raw.read(_PIECE, decode_content=False):
        received += len(piece)
        if received > max_bytes:
            raise Oversize(f"answered more than {_size(max_bytes)}; the rest was not read.")
        if unpack is None:
            content += piece
            continue
        while piece:
            part, piece = unpack.step(piece)
            content += part
            if len(content) > max_bytes:
                raise Oversize(f"unpacks to more than {_size(max_bytes)}; the rest was not read.")
            if len(content) > _EXPANSION_FLOOR and len(content) > received * max_expansion:
                raise Oversize(f"unpacks to more than {max_expansion} times its size, as a decompression bomb does.")
    if unpack is not None:
        content += unpack.end(started=received > 0)
    return Body(bytes(content), received)


def _size(count: int) -> str:
    return f"{count / 1024 / 1024:.0f} MiB" if count >= 1024 * 1024 else f"{count} bytes"


def _unpacker(encoding: str) -> _Inflate | None:
    codings = [coding.strip() for coding in encoding.lower().split(",") if coding.strip() not in ("", "identity")]
    if not codings:
        return None
    if codings[0] in ("gzip", "x-gzip", "deflate") and len(codings) == 1:
        return _Inflate(codings[0])
    raise Undecodable(f"answered in the encoding {encoding!r}, which was not asked for.")


class _Inflate:
    """gzip, several members too, and deflate, as zlib or (as some servers send it) bare; a bounded piece at a time."""

    def __init__(self, coding: str) -> None:
        self._gzip = coding != "deflate"
        self._inflater = zlib.decompressobj(31 if self._gzip else 15)
        self._begun = False

    def step(self, piece: bytes) -> tuple[bytes, bytes]:
        """Some output, and the input that remains to be fed."""
        try:
            return self._inflate(piece)
        except zlib.error:
            if self._begun or self._gzip:
                raise Undecodable("answered compressed data that is broken.") from None
        self._begun = True
        self._inflater = zlib.decompressobj(-15)
        return self.step(piece)

    def _inflate(self, piece: bytes) -> tuple[bytes, bytes]:
        if self._inflater.eof:
            if not self._gzip or not piece.strip(b"\0"):
                return b"", b""  # padding after the end is common and harmless
            self._inflater = zlib.decompressobj(31)
        part = self._inflater.decompress(piece, 16 * _PIECE)
        self._begun = True
        return part, self._inflater.unconsumed_tail or self._inflater.unused_data

    def end(self, *, started: bool) -> bytes:
        rest = self._inflater.flush()
        if started and not self._inflater.eof:
            raise Undecodable("answered compressed data that breaks off; the answer is incomplete.")
        return rest
