"""What a feed is written from: members in the ledger's order, and the state after each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from registry.ledger import Ledger
from registry.ledger.activities import unpack


@dataclass(frozen=True)
class Member:
    """One activity of a feed. `payload` is the version it brings as N-Triples lines, None for a Delete.

    `origin` is the sequence of this version where the record originated, if that is another registry; `winner` the
    entity that answers instead of one that was merged.
    `run` is the IRI of the run that made it, `ends_run` true on the run's last activity; both are left out where
    retention has made gaps, for a transaction with gaps would never end.
    """

    iri: str
    type: str
    object: str
    published: str
    sequence: int
    digest: bytes | None
    payload: str | None
    run: str | None = None
    ends_run: bool = False
    origin: int | None = None
    winner: str | None = None


@dataclass(frozen=True)
class State:
    """The state digest after an activity (32 bytes), and how many things are live then."""

    digest: bytes
    live: int


@dataclass(frozen=True)
class Retention:
    """What an old page keeps: the latest version of each thing, and deletions published after `deletions_after`.

    `horizon` is the last sequence that readers can see: what comes after it supersedes nothing yet.
    """

    deletions_after: str
    horizon: int


class Log(Protocol):
    """A sequence of members in the ledger."""

    def marks(self, ledger: Ledger, after: int, until: int) -> Iterator[tuple[int, str]]:
        """Sequence and time of every member after a sequence, up to another one."""
        ...

    def members(self, ledger: Ledger, first: int, last: int, retention: Retention | None) -> list[Member]:
        """The members between two sequences, both included; those that retention leaves."""
        ...

    def state(self, ledger: Ledger, sequence: int) -> State:
        """The state after the member with this sequence."""
        ...


_LATEST = (
    " AND NOT EXISTS (SELECT 1 FROM {table} b WHERE b.object = a.object AND b.{key} = a.{key}"
    " AND b.sequence > a.sequence AND b.sequence <= ?) AND (a.type != 'Delete' OR a.published > ?)"
)


@dataclass(frozen=True)
class Activities:
    """The log of records or of entities, or of one source's records."""

    stream: str
    source: str | None = None

    def marks(self, ledger: Ledger, after: int, until: int) -> Iterator[tuple[int, str]]:
        where, values = self._where()
        rows: Iterator[tuple[int, str]] = ledger.db.execute(
            f"SELECT sequence, published FROM activity a WHERE {where} AND sequence > ? AND sequence <= ?"
            " ORDER BY sequence",
            (*values, after, until),
        )
        return rows

    def members(self, ledger: Ledger, first: int, last: int, retention: Retention | None) -> list[Member]:
        where, values = self._where()
        if retention:
            where += _LATEST.format(table="activity", key="stream")
            values = (*values, retention.horizon, retention.deletions_after)
        about = "o.version, NULL" if self.stream == "record" else "NULL, o.winner"
        other = "activity_origin" if self.stream == "record" else "activity_winner"
        rows = ledger.db.execute(
            f"SELECT a.sequence, type, object, source, run, published, digest, payload, {about} FROM activity a"
            f" LEFT JOIN {other} o ON o.sequence = a.sequence"
            f" WHERE {where} AND a.sequence BETWEEN ? AND ? ORDER BY a.sequence",
            (*values, first, last),
        ).fetchall()
        transactions = self.stream == "record" and retention is None
        ends = self._ends(ledger, rows) if transactions else frozenset()
        name = f"{ledger.base}/feed/{'records' if self.stream == 'record' else 'catalogue'}#"
        found = []
        for sequence, type_, object_, _, run, published, digest, payload, origin, winner in rows:
            text = unpack(payload) if payload is not None else None
            if text is not None and self.stream == "record":
                text = text.replace(f" <{object_}> .\n", " .\n")
            iri = f"{ledger.base}/runs/{run}" if transactions and run is not None else None
            found.append(
                Member(
                    f"{name}{sequence}",
                    type_,
                    object_,
                    published,
                    sequence,
                    digest,
                    text,
                    iri,
                    sequence in ends,
                    origin,
                    winner,
                )
            )
        return found

    def state(self, ledger: Ledger, sequence: int) -> State:
        columns = "source_state, source_live" if self.source else "state, live"
        row = ledger.db.execute(f"SELECT {columns} FROM activity WHERE sequence = ?", (sequence,)).fetchone()
        return State(*row)

    def _where(self) -> tuple[str, tuple[object, ...]]:
        if self.source is None:
            return "a.stream = ?", (self.stream,)
        return "a.stream = 'record' AND a.source = ?", (self.source,)

    def _ends(self, ledger: Ledger, rows: list[tuple[Any, ...]]) -> frozenset[int]:
        """Sequences that are the last of their run: a source's runs never overlap, so its next activity tells."""
        following: dict[str, int | None] = {}
        ends = set()
        for sequence, _, _, source, run, *_ in reversed(rows):
            if source not in following:
                row = ledger.db.execute(
                    "SELECT run FROM activity WHERE stream = 'record' AND source = ? AND sequence > ?"
                    " ORDER BY sequence LIMIT 1",
                    (source, sequence),
                ).fetchone()
                following[source] = row[0] if row else None
            if following[source] != run:
                ends.add(sequence)
            following[source] = run
        return frozenset(ends)


@dataclass(frozen=True)
class Announcements:
    """A log that is written for a feed alone: of runs, or of the catalogue's datasets."""

    feed: str

    def marks(self, ledger: Ledger, after: int, until: int) -> Iterator[tuple[int, str]]:
        rows: Iterator[tuple[int, str]] = ledger.db.execute(
            "SELECT sequence, published FROM announcement WHERE feed = ? AND sequence > ? ORDER BY sequence",
            (self.feed, after),
        )
        return rows

    def members(self, ledger: Ledger, first: int, last: int, retention: Retention | None) -> list[Member]:
        where, values = "a.feed = ?", (self.feed,)
        if retention:
            where += _LATEST.format(table="announcement", key="feed")
            values = (*values, 1 << 62, retention.deletions_after)  # type: ignore[assignment]
        return [
            Member(
                f"{ledger.base}/feed/{self.feed}#{sequence}", type_, object_, published, sequence, digest,
                unpack(payload) if payload is not None else None,
            )
            for sequence, type_, object_, published, digest, payload in ledger.db.execute(
                "SELECT sequence, type, object, published, digest, payload FROM announcement a"
                f" WHERE {where} AND sequence BETWEEN ? AND ? ORDER BY sequence",
                (*values, first, last),
            )
        ]  # fmt: skip

    def state(self, ledger: Ledger, sequence: int) -> State:
        row = ledger.db.execute("SELECT state, live FROM announcement WHERE sequence = ?", (sequence,)).fetchone()
        return State(*row)
