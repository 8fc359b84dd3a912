from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from harvesters.reading import SourceFailed
from registry.harvesting import SOON, due
from tests.registry.conftest import Ground


def test_a_source_is_due_when_its_time_has_come_and_sooner_after_a_failure(ground: Ground) -> None:
    source = replace(ground.source, every=timedelta(days=1))
    assert due(ground.ledger, [source]) == [source], "it never ran"
    ground.harvest([{"key": "1", "name": "Haus"}])
    ground.clock.tick(hours=2)
    assert due(ground.ledger, [source]) == []
    often = replace(source, every=timedelta(minutes=30))
    assert due(ground.ledger, [often]) == [often]
    ground.harvest([SourceFailed("away")])
    assert due(ground.ledger, [source]) == [], "it is not asked all the time"
    ground.clock.now += SOON
    assert due(ground.ledger, [source]) == [source], "but a failure is not waited out for a whole day"
