"""Check records in several processes at once, one for each core."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Self

import orjson

from registry.check.verdict import BATCH
from registry.ledger.findings import Finding
from registry.record import Record
from registry.worker import Handler, Worker, WorkerFailed

if TYPE_CHECKING:
    from registry.check.checker import Checker

WORTHWHILE = 2 * BATCH
"""Records seen before processes are started: getting one ready takes as long as checking as many."""

_FIELDS = ("iri", "source", "raw_key", "kind", "nquads", "page", "licence")


class Checkers:
    """As `Checker`; large batches are shared out among processes once there has been enough to check.

    It is a context: the processes end with it, and by themselves when this process is killed.
    """

    def __init__(self, processes: int | None = None) -> None:
        self._count = processes if processes is not None else min(4, len(os.sched_getaffinity(0)))
        self._workers: list[Worker] = []
        self._checker: Checker | None = None
        self._seen = 0
        self.shared = 0
        """Records that processes have checked."""

    def check(self, records: Sequence[Record]) -> dict[str, list[Finding]]:
        """Findings by record IRI; a record that fits every shape has an empty list."""
        self._seen += len(records)
        if self._seen >= WORTHWHILE and not self._workers:
            self.start(wait=False)
        if len(records) < BATCH // 2 or not self._workers or not all(worker.ready for worker in self._workers):
            return self._here(records)
        return self._shared_out(records)

    def start(self, *, wait: bool = True) -> None:
        """Start the processes now; `check` does so by itself after the first few hundred records."""
        if self._count > 1:
            self._workers = [Worker("registry.check.pool:serve") for _ in range(self._count)]
        for worker in self._workers:
            worker.start()
        for worker in self._workers if wait else ():
            worker.await_ready()

    @property
    def pids(self) -> list[int]:
        """The numbers of the processes that run now."""
        return [worker.pid for worker in self._workers if worker.pid is not None]

    def close(self) -> None:
        """End the processes."""
        for worker in self._workers:
            worker.close()
        self._workers = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _here(self, records: Sequence[Record]) -> dict[str, list[Finding]]:
        if not records:
            return {}
        if self._checker is None:
            from registry.check.checker import Checker

            self._checker = Checker()
        return self._checker.check(records)

    def _shared_out(self, records: Sequence[Record]) -> dict[str, list[Finding]]:
        count = len(self._workers)
        shares = [records[len(records) * n // count : len(records) * (n + 1) // count] for n in range(count)]
        found: dict[str, list[Finding]] = {}
        try:
            for worker, share in zip(self._workers, shares, strict=True):
                worker.send(orjson.dumps([[getattr(one, name) for name in _FIELDS] for one in share]))
            for worker in self._workers:
                for iri, findings in orjson.loads(worker.receive()).items():
                    found[iri] = [Finding(**finding) for finding in findings]
        except WorkerFailed:  # something ended a process: go on without them
            self.close()
            self._count = 1
            return self._here(records)
        self.shared += len(records)
        return found


def serve() -> Handler:
    """The work of one process: records in, findings out."""
    from registry.check.checker import Checker

    checker = Checker()

    def handle(question: bytes) -> bytes:
        records = [Record(*fields) for fields in orjson.loads(question)]
        found = checker.check(records)
        return orjson.dumps({iri: [asdict(one) for one in findings] for iri, findings in found.items()})

    return handle
