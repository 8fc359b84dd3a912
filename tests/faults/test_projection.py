"""Kill -9 of the engine's host at random moments: while it loads the ledger, and while it follows what is committed."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

from registry.ledger import Ledger, records
from registry.publishing import publish
from registry.record import Record
from tests.faults.killing import TIMES
from tests.faults.test_server import data, filled, get, host_of, sound, sparql, until
from tests.registry.conftest import BASE
from tests.serving import serving

__all__ = ["data", "filled"]  # fixtures

OF_ONE_SERVER = 3
"""Kills before another server is started: the pause before a new host doubles with each that does not live long."""


def test_projection(data: Path, record_property: Callable[[str, object], None]) -> None:
    """Whenever it is killed, it stands again where the ledger stands; pages go on meanwhile."""
    chance, killed = Random("projection"), 0
    for start in range(0, TIMES, OF_ONE_SERVER):
        numbers = range(start, min(TIMES, start + OF_ONE_SERVER))
        with serving(data) as address, closing(Ledger.open(data / "ledger.sqlite", BASE)) as ledger:
            killed += sum(_kill(address, ledger, chance, number, last=number == numbers[-1]) for number in numbers)
    sound(data)
    record_property("tries", TIMES)
    record_property("killed", killed)
    assert killed > TIMES // 2


def _kill(address: str, ledger: Ledger, chance: Random, number: int, *, last: bool) -> bool:
    """Change something, kill the host a moment later, and see that it comes back; True when there was one to kill."""
    iri, digest = changed(ledger, number)
    until(lambda: host_of(address) != 0)
    threading.Event().wait(chance.uniform(0, 1.5))
    if host := host_of(address):
        os.kill(host, signal.SIGKILL)
    assert get(address, "/sites")[0] == 200
    if number % 2 or last:  # else it is killed again while it loads
        query = f"SELECT ?digest {{ <{iri}> <https://w3id.org/orte/ns#digest> ?digest }}"
        until(lambda: digest in sparql(address, query)[1])
    return host != 0


def changed(ledger: Ledger, number: int) -> tuple[str, bytes]:
    """Let a record say something new, up to the catalogue; its IRI and its digest now, as the engine will have it."""
    listed = ledger.db.execute("SELECT iri FROM record WHERE kind = 'site' AND status = 'live' ORDER BY id").fetchall()
    old = ledger.record(listed[number % len(listed)][0])
    assert old is not None
    said = f'<{old.thing}> <https://schema.org/telephone> "+49 341 {1000 + number}" <{old.iri}> .\n'
    lines = sorted({*old.nquads.splitlines(keepends=True), said})
    new = Record(old.iri, old.source, old.raw_key, old.kind, "".join(lines), old.page, old.licence)
    (run,) = ledger.db.execute("SELECT max(id) FROM run").fetchone()
    targets = [t for (t,) in ledger.db.execute("SELECT target FROM reference WHERE record = ?", (old.id,))]
    with ledger.transaction():
        records.put(ledger.db, new, targets, run, ledger.now())
    publish(ledger)
    return old.iri, new.digest.hex().encode()
