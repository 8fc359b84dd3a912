"""A whole registry whose SPARQL engine is elsewhere: what it holds, through changes, losses and commands."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest

from registry.engine import Remote
from registry.engine.remote.comparing import difference
from registry.engine.remote.connection import Connection
from registry.engine.remote.keeping import Keeper, refill
from registry.engine.remote.store import RemoteStore
from registry.project import Follower
from registry.verify import verify
from tests.registry.conftest import BASE, Ground
from tests.registry.test_project import HOUSES
from tests.serving import orte, serving
from tests.standins.engines import OxigraphServe, RemoteEngine, emptied, remote


@pytest.fixture(params=["oxigraph", "virtuoso"])
def there(request: pytest.FixtureRequest, tmp_path: Path, engines: Callable[[str], RemoteEngine]) -> Iterator[Remote]:
    found = remote(engines(request.param), tmp_path, BASE)
    emptied(found)
    yield found
    emptied(found)


def kept(ground: Ground, there: Remote) -> tuple[Keeper, RemoteStore]:
    store = RemoteStore(Connection(there))
    return Keeper(Follower(str(ground.path)), store, there), store


def exact(ground: Ground, there: Remote) -> bool:
    """Whether the engine holds what one in memory would."""
    fresh = ox.Store()
    Follower(str(ground.path)).load(fresh)
    found = difference(fresh, there)
    return (found.missing, found.extra) == (0, 0) and found.same > 500


def test_it_holds_through_all_changes_what_memory_would_hold(ground: Ground, there: Remote) -> None:
    ground.harvest(HOUSES[:4])
    keeper, store = kept(ground, there)
    assert keeper.load(store) == ground.ledger.sequence()
    assert exact(ground, there)
    assert keeper.follow(store) is None
    for answer in (HOUSES, [{**HOUSES[0], "name": "Neu"}, *HOUSES[2:]], HOUSES[1:], [HOUSES[0], *HOUSES[2:]]):
        ground.harvest(answer)
        assert keeper.follow(store) == ground.ledger.sequence()
        assert exact(ground, there)


def test_another_process_goes_on_where_the_last_one_stopped(ground: Ground, there: Remote) -> None:
    ground.harvest(HOUSES[:4])
    keeper, store = kept(ground, there)
    keeper.load(store)
    keeper.close()
    ground.harvest([{**HOUSES[0], "name": "Neu"}, *HOUSES[1:]])
    before = store.mark()
    keeper, store = kept(ground, there)
    mark = store.mark()
    assert before is not None
    assert before == mark
    assert keeper.load(store) < ground.ledger.sequence()
    assert keeper.follow(store) == ground.ledger.sequence()
    assert exact(ground, there)


def test_what_was_cut_off_in_the_middle_is_done_again(ground: Ground, there: Remote) -> None:
    """Nothing may depend on a batch having been sent whole: the position comes last."""
    ground.harvest(HOUSES)
    keeper, store = kept(ground, there)
    keeper.load(store)
    keeper.close()
    ground.harvest([{**HOUSES[0], "name": "Neu", "phone": "+49 341 7654321"}, *HOUSES[2:]])
    half = RemoteStore(Connection(there))
    mark = half.take_over()
    assert mark is not None
    assert mark.position is not None
    follower = Follower(str(ground.path))
    assert follower.resume(half, mark.position)
    follower.follow(half)
    half.flush()  # and dies before it says how far it came
    keeper, store = kept(ground, there)
    keeper.load(store)
    assert keeper.follow(store) == ground.ledger.sequence()
    assert exact(ground, there)


def test_a_position_comes_back_as_it_was_given(ground: Ground, there: Remote) -> None:
    """An engine may turn it into a geometry of its own, of half the precision."""
    store = emptied(there)
    store.clear()
    wkt = '"POINT(12.345678901234 51.234567890123)"^^<http://www.opengis.net/ont/geosparql#wktLiteral>'
    store.load(f"<urn:s> <http://www.opengis.net/ont/geosparql#asWKT> {wkt} .\n".encode())
    store.load(b'<urn:s> <urn:yes> "true"^^<http://www.w3.org/2001/XMLSchema#boolean> .\n')
    store.commit({"home": BASE})
    asked = store.asked()
    with asked.answering(20):
        rows = asked.query("SELECT ?o { ?s ?p ?o } ORDER BY ?p")
        assert isinstance(rows, ox.QuerySolutions)
        assert [str(row["o"]) for row in rows] == [wkt, '"true"^^<http://www.w3.org/2001/XMLSchema#boolean>']
    with asked.answering(20):
        triples = asked.query("CONSTRUCT WHERE { ?s ?p ?o }")
        assert not isinstance(triples, ox.QuerySolutions | ox.QueryBoolean)
        assert {str(triple.object) for triple in triples} >= {wkt}


def test_verify_finds_what_is_missing_and_rebuild_mends_it(ground: Ground, there: Remote) -> None:
    ground.harvest(HOUSES)
    keeper, store = kept(ground, there)
    keeper.load(store)
    assert all(one.good for one in verify(ground.ledger, str(ground.path), there))
    node = ox.NamedNode(next(iter(ground.kinds())))
    store.remove_thing(node)
    store.extend([ox.Quad(node, node, node)])
    store.flush()
    (wrong,) = [one for one in verify(ground.ledger, str(ground.path), there) if not one.good]
    assert "1 too many; `orte rebuild`" in wrong.found
    keeper.close()
    assert refill(Follower(str(ground.path)), there)
    assert all(one.good for one in verify(ground.ledger, str(ground.path), there))


def test_served_verified_asked_and_rebuilt(tmp_path: Path) -> None:
    engine = OxigraphServe(tmp_path / "engine")
    engine.start()
    data = tmp_path / "data"
    data.mkdir()
    table = "\n".join(f'{key} = "{value}"' for key, value in engine.settings().items())
    (data / "registry.toml").write_text(f"[engine]\n{table}\n", encoding="utf-8")
    try:
        assert orte(data, "harvest", "studie").returncode == 0
        count = "SELECT (COUNT(*) AS ?n) { ?s a <https://w3id.org/orte/ns#Network> }"
        with serving(data) as base:
            before = httpx.get(f"{base}/sparql", params={"query": count, "format": "csv"})
            assert int(before.text.split()[1]) >= 9
            graphs = httpx.get(
                f"{base}/graphs", params={"graph": "graph/vocabulary"}, headers={"Accept": "text/turtle"}
            )
            assert graphs.status_code == 200
            assert "orte:Network" in graphs.text
            asked = orte(data, "query", count, "--format", "csv")
            assert asked.stdout.split() == before.text.split(), asked.stderr
            assert all(one["good"] for one in json.loads(orte(data, "verify", "--json").stdout))
            engine.kill()
            away = httpx.get(f"{base}/sparql", params={"query": count})
            assert away.status_code == 503
            assert int(away.headers["Retry-After"]) >= 1
            assert httpx.get(f"{base}/networks.json").status_code == 200
            engine.lose_everything()
            engine.start()
            after = _patiently(f"{base}/sparql", {"query": count, "format": "csv"})
            assert after.text == before.text
            rebuilt = orte(data, "rebuild", "--json")
            assert json.loads(rebuilt.stdout)["same"], rebuilt.stderr
            assert _patiently(f"{base}/sparql", {"query": count, "format": "csv"}).text == before.text
        engine.kill()
        said = orte(data, "query", count)
        assert said.returncode != 0
        assert "cannot be reached" in said.stderr
        assert "Traceback" not in said.stderr
    finally:
        engine.kill()


def _patiently(url: str, parameters: dict[str, str]) -> httpx.Response:
    """The first answer that is not 503."""
    import threading

    pause = threading.Event()
    for _ in range(600):
        answer = httpx.get(url, params=parameters, timeout=30)
        if answer.status_code != 503:
            return answer
        pause.wait(0.1)
    raise AssertionError("it never came back")
