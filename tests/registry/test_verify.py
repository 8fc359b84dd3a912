"""`orte verify` finds every way in which the views or the ledger itself could be wrong."""

from __future__ import annotations

import pytest

from registry.verify import verify
from tests.registry.conftest import Ground
from tests.registry.feed.test_book import places


def wrong(ground: Ground) -> set[str]:
    return {one.what for one in verify(ground.ledger, str(ground.path)) if not one.good}


def test_a_registry_agrees_with_itself(ground: Ground) -> None:
    ground.harvest([{**place, "desk": True, "lat": 51.2, "lon": 12.5} for place in places(5)])
    ground.harvest([{**place, "desk": True} for place in places(4)])
    assert wrong(ground) == set()
    assert len(verify(ground.ledger, str(ground.path))) == 7


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        ("UPDATE record SET nquads = (SELECT nquads FROM record WHERE id = 2) WHERE id = 1", "records in the ledger"),
        ("DELETE FROM record WHERE id = 3", "record graphs in the engine"),
        ("UPDATE entity SET status = 'withdrawn' WHERE id = 1", "entities in the engine"),
        ("DELETE FROM search_entity WHERE id = 2", "search"),
        ("DELETE FROM activity WHERE sequence = 2", "log of records"),
    ],
)
def test_damage_is_found(ground: Ground, damage: str, what: str) -> None:
    ground.harvest(places(5))
    ground.ledger.db.execute(damage)
    assert what in wrong(ground)
