from __future__ import annotations

import pyoxigraph as ox

from registry.project import Follower
from tests.registry.conftest import RECORDS, Ground

HOUSES = [
    {
        "key": str(n),
        "name": f"Haus {n}",
        "phone": "+49 341 1234567",
        "lat": 51.3,
        "lon": 12.4,
        "house": str((n + 1) % 8),
        "desk": n % 2 == 0,
    }
    for n in range(8)
]


def _dump(store: ox.Store) -> set[str]:
    return {str(quad) for quad in store}


def test_following_gives_exactly_what_loading_gives(ground: Ground) -> None:
    ground.harvest(HOUSES[:4])
    store, follower = ox.Store(), Follower(str(ground.path))
    assert follower.load(store) == ground.ledger.sequence()
    assert follower.follow(store) is None
    for answer in (HOUSES, [{**HOUSES[0], "name": "Neu"}, *HOUSES[2:]], HOUSES[1:], [HOUSES[0], *HOUSES[2:]]):
        ground.harvest(answer)
        assert follower.follow(store) == ground.ledger.sequence()
        fresh = ox.Store()
        Follower(str(ground.path)).load(fresh)
        assert _dump(store) == _dump(fresh)


def test_every_statement_leads_to_source_page_and_licence(ground: Ground) -> None:
    ground.harvest(HOUSES[:1])
    store = ox.Store()
    Follower(str(ground.path)).load(store)
    (row,) = store.query(
        """PREFIX schema: <https://schema.org/> PREFIX dct: <http://purl.org/dc/terms/> PREFIX prov: <http://www.w3.org/ns/prov#>
        SELECT ?site ?tel ?source ?licence ?page {
          ?site schema:telephone ?tel .
          GRAPH ?record { ?site schema:telephone ?tel }
          ?record dct:source ?source ; dct:license ?licence ; prov:wasDerivedFrom ?page }"""
    )
    record = ground.ledger.record(RECORDS + "0")
    assert record is not None
    assert row["site"].value == record.entity
    assert row["source"].value == RECORDS.removesuffix("/records/")
    assert row["licence"].value == "https://creativecommons.org/licenses/by/4.0/"
    assert row["page"].value == "https://liste.example/0"


def test_text_that_looks_like_an_iri_is_left_alone(ground: Ground) -> None:
    trap = f"siehe <{RECORDS}0#it> dort"
    ground.harvest([{"key": "0", "name": "Haus", "text": trap}])
    store = ox.Store()
    Follower(str(ground.path)).load(store)
    graph = ox.NamedNode(RECORDS + "0")
    texts = [
        q.object.value
        for q in store.quads_for_pattern(None, ox.NamedNode("https://schema.org/description"), None, graph)
    ]
    assert texts == [trap]


def test_age_is_a_fact_about_the_source_not_about_every_record(ground: Ground) -> None:
    ground.harvest(HOUSES)
    store, follower = ox.Store(), Follower(str(ground.path))
    follower.load(store)
    before = _dump(store)
    run = ground.harvest(HOUSES)
    assert follower.follow(store) is not None
    changed = _dump(store) ^ before
    assert len([line for line in changed if "lastConfirmed" in line]) == 2
    assert any(run.ended in line for line in changed if run.ended)
    assert not any(f"<{RECORDS}" in line.split(" ")[0] for line in changed)
