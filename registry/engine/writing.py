"""The file-like object a worker serialises into: sends whole rows, and ends a document properly at a limit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from registry.engine.formats import Format

_PIECE = 64 * 2**10
_NOT_IN_XML, _REPLACEMENT = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]"), "\ufffd".encode()
"""Characters that literals may have and XML 1.0 may not, in any notation (2.2 Characters); no other byte of UTF-8 is
one of these."""


class LimitReached(Exception):
    """Ends the serialisation; what was sent is a complete document."""


class RowTooLong(Exception):
    """The first row alone is longer than the whole answer may be."""


class RowWriter:
    """Collects what a writer of pyoxigraph produces and sends it in pieces that end where a row ends.

    Because a piece never ends within a row, the answer can be closed with a few bytes when it has reached
    ``max_bytes`` (the closing bytes not counted) or ``max_rows``. ``send`` must not keep what it is given.
    """

    def __init__(self, form: Format, send: Callable[[memoryview], None], max_bytes: int, max_rows: int | None) -> None:
        self._form = form
        self._xml = form.xml
        self._send = send
        self._left = max_bytes
        self._rows_left = None if max_rows is None else max_rows + form.header_rows
        self._pending = bytearray()
        self._begun = False
        self._finished = False

    def write(self, piece: bytes) -> int:
        if not self._finished:  # the writers flush their buffers once more after an exception
            self._pending += _NOT_IN_XML.sub(_REPLACEMENT, piece) if self._xml else piece
            if len(self._pending) >= _PIECE:
                self._send_rows()
        return len(piece)

    def flush(self) -> None:
        """Asked for by the file protocol; pieces are sent when they are large enough."""

    def close(self) -> None:
        """Send the rest of a complete document. Raises LimitReached when it had to be cut."""
        self._send_rows()
        self._send_pending(len(self._pending))

    def _send_rows(self) -> None:
        """Send the complete rows that are pending; cut and raise when that or what follows them is too much."""
        fits = len(self._pending) <= self._left
        end = self._last_end(len(self._pending) if fits else self._left)
        if self._rows_left is not None:
            rows = self._rows_within(end)
            if rows > self._rows_left or (rows == self._rows_left and rows and self._form.mark_opens_next):
                end, fits = self._end_of(self._rows_left), False
            self._rows_left -= rows
        self._left -= end
        if not fits and not end and not self._begun:
            raise RowTooLong
        self._send_pending(end)
        if not fits:
            self._finished = True
            self._send(memoryview(self._form.closing))
            raise LimitReached

    def _send_pending(self, end: int) -> None:
        if end:
            with memoryview(self._pending) as view, view[:end] as piece:
                self._send(piece)
            del self._pending[:end]
            self._begun = True

    def _last_end(self, limit: int) -> int:
        """Index after the last complete row within ``limit`` bytes, 0 if there is none."""
        form, pending = self._form, self._pending
        if form.quoted and b'"' in pending:
            return max((end for end in self._ends() if end <= limit), default=0)
        at = pending.rfind(form.row_mark, 0, limit)
        return at + form.mark_kept if at >= 0 else 0

    def _rows_within(self, end: int) -> int:
        """Complete rows that are pending, up to the end of one of them."""
        form, pending = self._form, self._pending
        if form.quoted and b'"' in pending:
            return sum(1 for row_end in self._ends() if row_end <= end)
        return pending.count(form.row_mark, 0, end - form.mark_kept + len(form.row_mark)) if end else 0

    def _end_of(self, row: int) -> int:
        """Index after the ``row``-th complete row that is pending."""
        return next((end for count, end in enumerate(self._ends(), 1) if count == row), 0)

    def _ends(self) -> Iterator[int]:
        form, pending = self._form, self._pending
        seen = quotes = 0
        at = pending.find(form.row_mark)
        while at >= 0:
            if form.quoted:  # pending starts at the end of a row, hence outside quotes
                quotes += pending.count(b'"', seen, at)
                seen = at
            if quotes % 2 == 0:
                yield at + form.mark_kept
            at = pending.find(form.row_mark, at + 1)
