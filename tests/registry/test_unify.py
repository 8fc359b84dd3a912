from __future__ import annotations

import pyoxigraph as ox

from registry.ledger import Entity
from registry.record import parse
from registry.renewal import renew_all
from registry.terms import ORTE, PROV, SCHEMA
from tests.registry.conftest import BASE, RECORDS, Ground


def _entity(ground: Ground, key: str) -> Entity:
    record = ground.ledger.record(RECORDS + key)
    assert record is not None
    assert record.entity is not None
    entity = ground.ledger.entity(record.entity)
    assert entity is not None
    return entity


def _said(entity: Entity, predicate: ox.NamedNode) -> list[str]:
    node = ox.NamedNode(entity.iri)
    return [q.object.value for q in parse(entity.nquads) if q.subject == node and q.predicate == predicate]


def test_an_entity_has_a_readable_iri_of_its_own(ground: Ground) -> None:
    ground.harvest([{"key": "1", "name": "Straße der Künste Größe"}])
    iri = _entity(ground, "1").iri
    assert iri.startswith(f"{BASE}/site/strasse-der-kuenste-groesse-")
    assert len(iri.rpartition("-")[2]) == 4


def test_the_iri_stays_when_the_name_changes_and_after_withdrawal_and_return(ground: Ground) -> None:
    both = [{"key": "1", "name": "Alt"}, {"key": "2", "name": "Zwei"}]
    ground.harvest(both)
    before = _entity(ground, "1").iri
    ground.harvest([{"key": "1", "name": "Neu"}, both[1]])
    assert _entity(ground, "1").iri == before
    ground.harvest([both[1]])
    assert _entity(ground, "1").status == "withdrawn"
    ground.harvest(both)
    assert (_entity(ground, "1").iri, _entity(ground, "1").status) == (before, "live")


def test_nested_nodes_and_links_speak_of_entities(ground: Ground) -> None:
    ground.harvest(
        [
            {"key": "1", "name": "Haus", "lat": 51.3, "lon": 12.4, "desk": True},
            {"key": "2", "name": "Laden", "house": "1"},
        ]
    )
    house = _entity(ground, "1")
    assert _said(house, SCHEMA["geo"]) == [house.iri + "#geo"]
    assert _said(house, PROV["wasDerivedFrom"]) == [RECORDS + "1"]
    (service,) = _said(house, ORTE["offers"])
    assert service.startswith(f"{BASE}/service/schreibtisch-")
    assert _said(_entity(ground, "2"), ORTE["partOf"]) == [house.iri]
    assert RECORDS + "1#it" not in house.nquads


def test_a_link_waits_for_its_target_and_goes_with_it(ground: Ground) -> None:
    ground.harvest([{"key": "2", "name": "Laden", "house": "1"}])
    assert _said(_entity(ground, "2"), ORTE["partOf"]) == []
    ground.harvest([{"key": "2", "name": "Laden", "house": "1"}, {"key": "1", "name": "Haus"}])
    assert _said(_entity(ground, "2"), ORTE["partOf"]) == [_entity(ground, "1").iri]
    ground.harvest([{"key": "2", "name": "Laden", "house": "1"}])
    assert _said(_entity(ground, "2"), ORTE["partOf"]) == []


def test_describing_everything_anew_changes_nothing(ground: Ground) -> None:
    ground.harvest([{"key": str(n), "name": f"Haus {n}", "house": str(n + 1)} for n in range(20)])
    before = ground.ledger.digest("entity")
    assert renew_all(ground.ledger) == 0
    assert ground.ledger.digest("entity") == before
