"""The example queries: every one has titles, runs, and finds something in a catalogue as it should be."""

from __future__ import annotations

import json
from pathlib import Path

import pyoxigraph as ox
import pytest

from benchmarks.generate import data
from registry.config import load
from registry.engine import QueryRequest
from registry.examples import Example, examples
from registry.identity.parts import BY_RULE
from registry.ledger import Ledger
from registry.ledger.identity import Derived, put_derived
from registry.querying import ask
from registry.terms import ORTE


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = data(tmp_path_factory.mktemp("generated"), 1200)
    _one_inside_another(made)
    return made


def _one_inside_another(made: Path) -> None:
    """What the rules derive from records; those of the benchmark's places are never compared."""
    config = load(made)
    ledger = Ledger.open(config.ledger, config.base_url)
    with ledger.transaction():
        rows = ledger.db.execute(
            "SELECT e.id, e.iri, r.iri FROM entity e JOIN record r ON r.entity = e.id WHERE e.kind = 'site'"
            " AND e.status = 'live' ORDER BY e.id LIMIT 2"
        )
        (part, _, said), (_, whole, also) = rows.fetchall()
        put_derived(ledger.db, part, [Derived(ORTE["partOf"].value, f"<{whole}>", BY_RULE, (said, also))])
    ledger.close()


def test_there_are_a_dozen_with_titles_in_both_languages() -> None:
    assert len(examples()) >= 12
    for example in examples():
        assert example.title.keys() == {"de", "en"}
        assert example.query.startswith("PREFIX")


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_an_example_finds_something(catalogue: Path, example: Example) -> None:
    answer = ask(load(catalogue), QueryRequest(example.query, graph_format="ntriples"))
    if answer.startswith(b"{"):
        found = json.loads(answer)
        assert found["results"]["bindings"]
        bound = {name for row in found["results"]["bindings"] for name in row}
        assert bound >= set(found["head"]["vars"]) - {"successor"}
    else:
        assert len(list(ox.parse(answer, ox.RdfFormat.N_TRIPLES))) > 10
