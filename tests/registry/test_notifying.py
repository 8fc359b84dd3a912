"""A registry tells its peers that its records have changed: at once, each by itself, and again when they were away."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from registry.config import Config, Feed, Fetch
from registry.federation.notifying import AGAIN, FIRST, INBOX, LAST, Told, notify, waiting
from registry.ledger import runs
from registry.locks import alone
from tests.registries import Registry, until
from tests.registry.conftest import BASE, Ground
from tests.standins.server import StandIn

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def settings(ground: Ground, *inboxes: str) -> Config:
    return Config(
        data=ground.folder, base_url=BASE, fetch=Fetch(allow_private_hosts=("127.0.0.1",)), feed=Feed(notify=inboxes)
    )


def test_an_edit_reaches_a_peer_that_would_not_look_for_a_week(tmp_path: Path) -> None:
    a, b = Registry(tmp_path / "a"), Registry(tmp_path / "b")
    a.settings(notify=(b.base,))
    a.source("verein", {"reader": "push"})
    b.follows(a)
    token = a.run("token", "create", "--source", "verein").stdout.strip()
    headers = {"authorization": f"Bearer {token}", "content-type": "text/turtle"}
    place = '@prefix orte: <https://w3id.org/orte/ns#> . @prefix schema: <https://schema.org/> .\n' \
            '<#it> a orte:CooperationSite ; schema:name "{}"@de .'  # fmt: skip
    record = f"{a.base}/sources/verein/records/haus"
    try:
        a.start(wait=False)
        b.start("run")
        until(a.answers)

        def at_b() -> str:
            found = httpx.get(f"{b.base}/sites?q=haus", headers={"accept": "text/turtle"}, timeout=60)
            return found.text if found.status_code == 200 else ""

        assert httpx.put(record, content=place.format("Altes Haus"), headers=headers, timeout=120).status_code == 201
        until(lambda: "Altes Haus" in at_b())
        assert httpx.delete(record, headers=headers, timeout=120).status_code == 200
        until(lambda: "Haus" not in at_b())
        assert a.digest() == b.digest()
    finally:
        a.stop()
        b.stop()


def test_each_peer_is_told_once_of_what_is_new_in_words_that_are_understood(ground: Ground) -> None:
    with StandIn() as peer, StandIn() as other:
        peer.route("/inbox", b"", status=202, method="POST")
        other.route("/", b"", headers={"Link": f'</x>; rel="next", </ldn/>; rel="{INBOX}"'})
        other.route("/ldn/", b"", status=201, method="POST")
        config = settings(ground, peer.url("/inbox"), other.url("/"))
        assert not waiting(config)
        assert notify(ground.ledger, config, NOW) == []
        ground.harvest([{"key": "a", "name": "Haus"}])
        assert waiting(config)
        assert notify(ground.ledger, config, NOW) == [Told(peer.url("/inbox"), None), Told(other.url("/"), None)]
        for one, path in ((peer, "/inbox"), (other, "/ldn/")):
            (said,) = one.asked(path, method="POST")
            assert said.headers["content-type"].startswith("application/ld+json")
            message = json.loads(said.body)
            assert (message["type"], message["object"]) == ("Announce", f"{BASE}/feed/records")
            assert message["actor"]["id"] == BASE
        assert notify(ground.ledger, config, NOW + timedelta(days=1)) == [], "there is nothing new"
        ground.harvest([{"key": "a", "name": "Hof"}])
        assert notify(ground.ledger, config, NOW) == [], "not so soon after the last time"
        assert len(notify(ground.ledger, config, NOW + AGAIN)) == 2


def test_a_peer_that_cannot_be_told_is_told_later_and_keeps_nobody_waiting(ground: Ground) -> None:
    ground.harvest([{"key": "a", "name": "Haus"}])
    with StandIn() as peer, StandIn() as broken:
        peer.route("/inbox", b"", status=202, method="POST")
        broken.route("/inbox", b"", status=500, method="POST")
        config = settings(ground, "http://127.0.0.1:9/inbox", broken.url("/inbox"), broken.url("/"), peer.url("/inbox"))
        told = notify(ground.ledger, config, NOW)
        assert [bool(one.problem) for one in told] == [True, True, True, False]
        assert len(broken.asked("/inbox")) == 1, "once each time"
        moment, waits = NOW, []
        while len(waits) < 14:
            later = min(datetime.fromisoformat(t) for (t,) in ground.ledger.db.execute(
                "SELECT next FROM notified WHERE failures > 0"))  # fmt: skip
            assert notify(ground.ledger, config, later - timedelta(seconds=1)) == []
            waits.append(later - moment)
            moment = later
            assert len(notify(ground.ledger, config, moment)) == 3
        assert waits[:3] == [FIRST, 2 * FIRST, 4 * FIRST]
        assert waits[-1] == LAST
        broken.route("/inbox", b"", status=202, method="POST")
        assert [one.problem for one in notify(ground.ledger, config, moment + LAST)][1] is None


def test_nothing_is_said_of_a_run_that_has_not_ended(ground: Ground) -> None:
    with StandIn() as peer:
        peer.route("/inbox", b"", method="POST")
        config = settings(ground, peer.url("/inbox"))
        ground.harvest([{"key": "a", "name": "Haus"}])
        with ground.ledger.transaction():
            run = runs.begin(ground.ledger.db, "liste", ground.ledger.now())
        ground.ledger.db.execute("UPDATE activity SET run = ? WHERE stream = 'record'", (run,))
        with alone(ground.folder / "locks", "liste"):
            assert not waiting(config)
        assert waiting(config), "its process is gone: it will not go on"


@pytest.mark.parametrize("inbox", ["http://10.0.0.1/inbox", "http://localhost/inbox"])
def test_no_private_address_is_told(ground: Ground, inbox: str) -> None:
    ground.harvest([{"key": "a", "name": "Haus"}])
    config = Config(data=ground.folder, base_url=BASE, feed=Feed(notify=(inbox,)))
    (told,) = notify(ground.ledger, config, NOW)
    assert told.problem
    assert "10.0.0.1" in told.problem or "localhost" in told.problem
