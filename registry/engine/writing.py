"""The file-like object a worker serialises into: sends whole rows, and ends a document properly at a limit."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from registry.engine.formats import Format

_PIECE = 64 * 2**10
_NO_BINDINGS = b'"bindings":[]}}'


class LimitReached(Exception):
    """Ends the serialisation; what was sent is a complete document."""


class RowTooLong(Exception):
    """The first row alone is longer than the whole answer may be."""


class RowWriter:
    """Collects what a writer of pyoxigraph produces and sends it in pieces that end where a row ends.

    Because a piece never ends within a row, the answer can be closed with a few bytes when it has reached
    ``max_bytes`` (the closing bytes not counted) or ``max_rows``. ``rows`` counts those sent.
    """

    def __init__(self, form: Format, send: Callable[[bytes], None], max_bytes: int, max_rows: int | None) -> None:
        self._form = form
        self._send = send
        self._left = max_bytes
        self._max_marks = None if max_rows is None else max_rows + form.header_rows
        self._pending = bytearray()
        self._marks = 0
        self._finished = False

    @property
    def rows(self) -> int:
        return max(0, self._marks - self._form.header_rows)

    def write(self, piece: bytes) -> int:
        if self._finished:  # the writers flush their buffers once more after an exception
            return len(piece)
        self._pending += piece
        if len(self._pending) >= _PIECE:
            self._send_rows()
        return len(piece)

    def flush(self) -> None:
        """Asked for by the file protocol; pieces are sent when they are large enough."""

    def close(self) -> None:
        """Send the rest of a complete document. Raises LimitReached when it had to be cut."""
        self._send_rows()
        if self._form.mark_opens_next and not self._pending.endswith(_NO_BINDINGS):
            self._marks += 1  # the last row has no mark after it
        self._send(bytes(self._pending))
        self._pending.clear()

    def _send_rows(self) -> None:
        """Send the complete rows that are pending; cut and raise when that or what follows them is too much."""
        fits = len(self._pending) <= self._left
        end, marks = self._last_end(len(self._pending) if fits else self._left)
        if self._max_marks is not None:
            room = self._max_marks - self._marks
            if marks > room or (marks == room and marks and self._form.mark_opens_next):
                end, marks, fits = self._end_of(room), room, False
        self._marks += marks
        self._left -= end
        if not fits:
            self._finished = True
            if not self._marks:
                raise RowTooLong
            self._send(bytes(self._pending[:end]) + self._form.closing)
            raise LimitReached
        if end:
            self._send(bytes(self._pending[:end]))
            del self._pending[:end]

    def _last_end(self, limit: int) -> tuple[int, int]:
        """Index after the last complete row within ``limit`` bytes, and the number of rows up to there."""
        form, pending = self._form, self._pending
        if form.quoted and b'"' in pending:
            ends = [end for end in self._ends() if end <= limit]
            return (ends[-1], len(ends)) if ends else (0, 0)
        at = pending.rfind(form.row_mark, 0, limit)
        if at < 0:
            return 0, 0
        return at + form.mark_kept, pending.count(form.row_mark, 0, at + len(form.row_mark))

    def _end_of(self, row: int) -> int:
        """Index after the ``row``-th complete row that is pending."""
        for count, end in enumerate(self._ends(), 1):
            if count == row:
                return end
        return 0

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
