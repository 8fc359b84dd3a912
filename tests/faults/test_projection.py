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

RECORD = "<{iri}> <https://w3id.org/orte/ns#digest> ?digest"


def test_projection(data: Path, record_property: Callable[[str, object], None]) -> None:
    """Whenever it is killed, it stands again where the ledger stands; pages go on meanwhile."""
    chance, pause, killed = Random("projection"), threading.Event(), 0
    with serving(data) as address, closing(Ledger.open(data / "ledger.sqlite", BASE)) as ledger:
        until(lambda: sparql(address)[0] == 200)
        for number in range(TIMES):
            iri, digest = changed(ledger, number)
            until(lambda: host_of(address) != 0)
            pause.wait(chance.uniform(0, 1.5))
            if host := host_of(address):
                os.kill(host, signal.SIGKILL)
                killed += 1
            assert get(address, "/sites")[0] == 200
            if number % 2 or number == TIMES - 1:  # else it is killed again while it loads
                query = f"SELECT ?digest {{ {RECORD.format(iri=iri)} }}"
                until(lambda q=query, d=digest: d in sparql(address, q)[1])  # type: ignore[misc]
    sound(data)
    record_property("tries", TIMES)
    record_property("killed", killed)
    assert killed > TIMES // 2


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
