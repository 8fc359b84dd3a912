"""Lift in a process of its own, so that the next entries are lifted while the last ones are checked and committed."""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping, Sequence
from typing import Any, Self

import pyoxigraph as ox

from harvesters.lift import Lift, Lifted
from harvesters.reading import RawRecord
from registry.worker import Handler, Worker, WorkerFailed

WORTHWHILE = 200
"""Raw records of a batch from which on it is handed over; a process is started after the first such batch."""


class Lifting:
    """As `Lift`; large batches are lifted by a process, with the same result.

    It is a context: the process ends with it, and by itself when this process is killed.
    """

    def __init__(self, lift: Lift, *, processors: int | None = None) -> None:
        self._lift = lift
        self._alone = (processors or len(os.sched_getaffinity(0))) < 2
        self._worker = Worker("registry.lifting:serve")
        self._told = False
        self.fingerprint = lift.fingerprint
        self.handed_over = 0
        """Raw records that the process has lifted."""

    def lift(self, batch: Sequence[RawRecord]) -> list[Lifted]:
        """What each raw record became, in their order."""
        if self._alone or len(batch) < WORTHWHILE:
            return self._lift.lift(batch)
        if not self._worker.ready:
            self.start(wait=False)
            return self._lift.lift(batch)
        try:
            question = pickle.dumps((None if self._told else self._lift, batch))
            found = pickle.loads(self._worker.ask(question))  # noqa: S301 - from a process of our own
        except (WorkerFailed, pickle.PicklingError, TypeError, AttributeError):  # go on without it
            self.close()
            self._alone = True
            return self._lift.lift(batch)
        self._told = True
        self.handed_over += len(batch)
        return [
            Lifted(raw, {iri: _triples(text) for iri, text in records}, *rest)
            for raw, (records, *rest) in zip(batch, found, strict=True)
        ]

    def start(self, *, wait: bool = True) -> None:
        """Start the process now; `lift` does so by itself at the first large batch."""
        self._worker.start()
        if wait:
            self._worker.await_ready()

    @property
    def pid(self) -> int | None:
        """The number of the process, while it runs."""
        return self._worker.pid

    def unread(self, data: Mapping[str, Any]) -> set[str]:
        """The keys of raw data, at any depth, that the query never mentions."""
        return self._lift.unread(data)

    def close(self) -> None:
        """End the process."""
        self._worker.close()
        self._told = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _triples(text: str) -> list[ox.Triple]:
    return [quad.triple for quad in ox.parse(text, ox.RdfFormat.N_TRIPLES)]


def serve() -> Handler:
    """The work of the process: raw records in, triples out as text, which is passed on four times as fast as terms."""
    lifts: list[Lift] = []

    def handle(question: bytes) -> bytes:
        lift, batch = pickle.loads(question)  # noqa: S301 - from the process that started this one
        if lift is not None:
            lifts[:] = [lift]
        return pickle.dumps(
            [
                (
                    [(iri, "".join(f"{triple} .\n" for triple in said)) for iri, said in one.records.items()],
                    one.findings,
                    one.reason,
                    one.reason_de,
                )
                for one in lifts[0].lift(batch)
            ]
        )

    return handle
