"""The seal on a backup: a checksum over all of its bytes, in the file itself.

SQLite checks the form of its pages and we check the digests of what is live, but a single bit of an older version, a
judgement or a date is neither. The seal is in two numbers of SQLite's header that are left to programs (the "user
version" and the "application ID", https://www.sqlite.org/fileformat.html): the CRC-32 of the file, and the file's
change counter at that moment. Whoever writes into the file through SQLite raises the counter, and so breaks the seal
on purpose: then there is nothing to compare with any more, and the other checks have the say.
"""

from __future__ import annotations

import zlib
from pathlib import Path

MAGIC = b"SQLite format 3\0"
"""How every SQLite file begins."""

_CHANGES = slice(24, 28)
_CHECKSUM = slice(60, 64)
_SEALED_AT = slice(68, 72)
_HEADER = 100
_BLOCK = 1 << 20


def seal(file: Path) -> None:
    """Write the seal into a SQLite file that nobody has open."""
    with file.open("r+b") as stream:
        header = bytearray(stream.read(_HEADER))
        header[_SEALED_AT] = header[_CHANGES]
        header[_CHECKSUM] = bytes(4)
        stream.seek(0)
        stream.write(header)
        stream.flush()
        checksum = _checksum(file)
        stream.seek(_CHECKSUM.start)
        stream.write(checksum)


def is_broken(file: Path) -> bool:
    """Whether a sealed file has other bytes than when it was sealed; a file without a seal is not broken."""
    with file.open("rb") as stream:
        header = stream.read(_HEADER)
    if len(header) < _HEADER or not header.startswith(MAGIC):
        return False
    return header[_SEALED_AT] == header[_CHANGES] and header[_CHECKSUM] != _checksum(file)


def _checksum(file: Path) -> bytes:
    """Of all bytes but its own four."""
    with file.open("rb") as stream:
        header = bytearray(stream.read(_HEADER))
        header[_CHECKSUM] = bytes(len(header[_CHECKSUM]))
        found = zlib.crc32(header)
        while block := stream.read(_BLOCK):
            found = zlib.crc32(block, found)
    return found.to_bytes(4, "big")
