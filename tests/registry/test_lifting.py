"""Lifting in another process: the same result, whatever becomes of the process."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pyoxigraph as ox
import pytest

from harvesters.gazetteer import Gazetteer
from harvesters.lift import Lift, Lifted
from harvesters.reading import RawRecord
from registry.lifting import WORTHWHILE, Lifting
from tests.conftest import ROOT

LIFT = """
CONSTRUCT { ?it a orte:Site ; schema:name ?name ; schema:telephone ?phone . ?desk a orte:Service }
WHERE {
  ?r a fx:root ; xyz:name ?said .
  BIND(fn:it(?r) AS ?it) BIND(STRLANG(?said, "de") AS ?name) BIND(fn:it(?r, "service/desk") AS ?desk)
  OPTIONAL { ?r xyz:tel ?tel BIND(fn:phone(?tel) AS ?phone) }
}
"""


def batch(start: int) -> list[RawRecord]:
    """Good ones, one without a name, one nested too deeply, and telephones that mean nothing."""
    deep: object = "tief"
    for _ in range(60):
        deep = [deep]
    found = [RawRecord(f"{n}", {"name": f'Haus "{n}"\n', "tel": "0341 123456" if n % 3 else "keins", "x": 1})
             for n in range(start, start + WORTHWHILE)]  # fmt: skip
    return [*found, RawRecord(f"{start}-ohne", {"tel": "0341 1"}), RawRecord(f"{start}-tief", {"name": "a", "b": deep})]


def told(lifted: list[Lifted]) -> list[tuple[object, ...]]:
    records = ({iri: sorted(map(str, said)) for iri, said in one.records.items()} for one in lifted)
    return [(one.raw, said, one.findings, one.reason, one.reason_de)
            for one, said in zip(lifted, records, strict=True)]  # fmt: skip


@pytest.fixture
def lift() -> Lift:
    known = Gazetteer()
    return Lift(LIFT, source_id="liste", records_base="https://orte.example/sources/", gazetteer=known)


@pytest.fixture
def lifting(lift: Lift, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lifting]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with Lifting(lift, processors=2) as lifting:
        lifting.start()
        yield lifting


def test_the_process_makes_the_same_of_every_record(lift: Lift, lifting: Lifting) -> None:
    there = told(lifting.lift(batch(0)))
    assert lifting.handed_over == len(batch(0))
    assert there == told(lift.lift(batch(0)))
    assert sum(bool(findings) for _, _, findings, _, _ in there) > 50
    assert sum(reason is not None for _, _, _, reason, _ in there) == 2
    assert told(lifting.lift(batch(1000))) == told(lift.lift(batch(1000)))
    assert lifting.unread({"name": "a", "x": 1}) == {"x"}
    assert lifting.fingerprint == lift.fingerprint
    assert all(isinstance(t, ox.Triple) for one in lifting.lift(batch(2000)) for s in one.records.values() for t in s)


def test_small_batches_stay_here(lift: Lift, lifting: Lifting) -> None:
    assert told(lifting.lift(batch(0)[:5])) == told(lift.lift(batch(0)[:5]))
    assert lifting.handed_over == 0


def test_without_the_process_it_goes_on_by_itself(lift: Lift, lifting: Lifting) -> None:
    lifting.lift(batch(0))
    assert lifting.pid is not None
    os.kill(lifting.pid, signal.SIGKILL)
    for start in (1000, 2000):
        assert told(lifting.lift(batch(start))) == told(lift.lift(batch(start)))
