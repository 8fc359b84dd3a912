"""The seal on a backup: a checksum over all of its bytes, in the file itself.

SQLite checks the form of its pages and we check the digests of what is live, but a single bit of an older version, a
judgement or a date is neither. The seal is in two numbers of SQLite's header that are left to programs (the "user
version" and the "application ID", https://www.sqlite.org/fileformat.html): the CRC-32 of the file, and the file's
change counter at that moment. Whoever writes into the file through SQLite raises the counter, and so breaks the seal
on purpose: then there is nothing to compare with any more, and the other checks have the say. A ledger that was opened
for writing has a write-ahead log, which raises no counter, but the header says so: a seal in it is of a backup that it
once came from, and says nothing any more.
"""

from __future__ import annotations

import sqlite3
import zlib
from pathlib import Path

MAGIC = b"SQLite format 3\0"
"""How every SQLite file begins."""

_FORMAT = slice(18, 20)
_PLAIN, _LOGGED = b"\1\1", b"\2\2"  # without a write-ahead log, as every backup is, and with one
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


def unseal(db: sqlite3.Connection) -> None:
    """Take away what came with the pages of a sealed file: the copy is another one."""
    db.execute("PRAGMA user_version = 0")
    db.execute("PRAGMA application_id = 0")


def is_broken(file: Path) -> bool:
    """Whether a sealed file has other bytes than when it was sealed; a file without a seal is not broken."""
    header = _header(file)
    # any other format than that of a log is damage to a seal rather than the end of it
    return _claims(header) and header[_FORMAT] != _LOGGED and header[_CHECKSUM] != _checksum(file)


def is_sealed(file: Path) -> bool:
    """Whether a file is, byte for byte, as it was sealed."""
    header = _header(file)
    return _claims(header) and header[_FORMAT] == _PLAIN and header[_CHECKSUM] == _checksum(file)


def _header(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(_HEADER)


def _claims(header: bytes) -> bool:
    """Whether a file says that nobody has written into it since it was sealed."""
    return len(header) == _HEADER and header.startswith(MAGIC) and header[_SEALED_AT] == header[_CHANGES]


def _checksum(file: Path) -> bytes:
    """Of all bytes but its own four."""
    with file.open("rb") as stream:
        header = bytearray(stream.read(_HEADER))
        header[_CHECKSUM] = bytes(len(header[_CHECKSUM]))
        found = zlib.crc32(header)
        while block := stream.read(_BLOCK):
            found = zlib.crc32(block, found)
    return found.to_bytes(4, "big")
