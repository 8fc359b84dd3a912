from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from harvesters.reading import SourceFailed
from registry.harvesting import SOON, due
from tests.registry.conftest import Ground


def test_a_source_is_due_when_its_time_has_come_and_sooner_after_a_failure(ground: Ground) -> None:
    source = replace(ground.source, every=timedelta(days=1))
    assert due(ground.ledger, [source]) == [source], "it never ran"
    ground.clock.now = datetime.now(UTC) - SOON * 2
    ground.harvest([{"key": "1", "name": "Haus"}])
    assert due(ground.ledger, [source]) == []
    assert due(ground.ledger, [replace(source, every=timedelta(minutes=30))]) != []
    ground.clock.now = datetime.now(UTC) - SOON * 2.5
    ground.harvest([SourceFailed("away")])
    assert due(ground.ledger, [source]) == [source], "a failure is not waited out for a whole day"
    ground.clock.now = datetime.now(UTC) - SOON * 1.5
    ground.harvest([SourceFailed("still away")])
    assert due(ground.ledger, [source]) == [], "but neither is it asked all the time"
