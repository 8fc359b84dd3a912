from __future__ import annotations

import json
import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from registry import tokens
from registry.logs import configure
from tests.registry.api.conftest import Served


def _samples(served: Served) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    answer = served.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    families = text_string_to_metric_families(answer.text)
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def _requests(samples: dict[Any, float], **labels: str) -> float:
    return samples.get(("orte_requests_total", tuple(sorted(labels.items()))), 0.0)


def test_requests_are_counted_by_route_and_not_by_address(served: Served) -> None:
    before = _samples(served)
    for _ in range(3):
        served.get(f"{served.at['haus']}.ttl")
    served.get("/sites?q=geheim")
    for number in range(5):
        served.get(f"/gibt/es/nicht/{number}")
    after = _samples(served)
    entity = [
        key for key, value in after.items()
        if key[0] == "orte_requests_total" and value - before.get(key, 0) >= 3 and dict(key[1])["status"] == "200"
    ]  # fmt: skip
    assert entity
    assert _requests(after, method="GET", route="/sites", status="200") == 1 + _requests(
        before, method="GET", route="/sites", status="200"
    )
    assert _requests(after, method="GET", route="other", status="404") >= 5
    text = served.get("/metrics").text
    assert "geheim" not in text
    assert "/gibt" not in text
    assert len({dict(key[1]).get("route") for key in after}) < 60


def test_metrics_tell_how_ledger_engine_and_sources_stand(served: Served) -> None:
    found = _samples(served)
    sequence = served.ground.ledger.sequence()
    assert found["orte_ledger_sequence", ()] == sequence
    assert found["orte_view_sequence", (("view", "search"),)] == sequence
    assert found["orte_ledger_ready", ()] == 1
    assert found["orte_live", (("stream", "entity"),)] == served.ground.ledger.digest("entity").live
    assert found["orte_source_records", (("source", "liste"),)] == served.ground.ledger.digest("record", "liste").live
    assert found["orte_source_state", (("source", "liste"), ("state", "ok"))] == 1
    assert ("orte_source_age_seconds", (("source", "liste"),)) in found
    assert found["orte_runs_total", (("outcome", "complete"), ("source", "liste"))] >= 2
    assert found["process_resident_memory_bytes", ()] > 10e6


def _hang_up(served: Served, path: str, media: str, token: str) -> int:
    """The status of a request whose client says goodbye after the first piece of its body."""
    pieces = iter([{"type": "http.request", "body": b"x", "more_body": True}])
    statuses: list[int] = []
    headers = [(b"host", b"x"), (b"content-type", media.encode()), (b"authorization", f"Bearer {token}".encode())]
    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
        "scheme": "http", "http_version": "1.1", "server": ("x", 80), "client": ("127.0.0.1", 1), "root_path": "",
        "headers": headers,
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return next(pieces, {"type": "http.disconnect"})

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    assert served.client.portal is not None
    served.client.portal.call(served.client.app, scope, receive, send)
    return statuses[0]


_FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("path", "media"),
    [
        ("/sparql", "application/sparql-query"), ("/sparql", _FORM), ("/validate", "text/turtle"), ("/validate", _FORM),
        ("/sources", "application/json"), ("/inbox", "application/ld+json"), ("/review/session", _FORM),
        ("/sources/liste/records", "text/turtle"),
    ],
)  # fmt: skip
def test_a_client_that_hangs_up_while_it_sends_is_no_fault_of_ours(
    served: Served, caplog: pytest.LogCaptureFixture, path: str, media: str
) -> None:
    token = tokens.create(served.ground.ledger, "liste", timedelta(days=3650))
    before = _samples(served)
    assert _hang_up(served, path, media, token) == 400
    after = _samples(served)
    route = path.replace("liste", "{name}")
    counted = {"method": "POST", "route": route, "status": "400"}
    assert _requests(after, **counted) == _requests(before, **counted) + 1
    assert caplog.records == []


def test_an_id_that_is_given_comes_back_and_every_other_answer_has_one(served: Served) -> None:
    given = served.get("/health/live", headers={"X-Request-Id": "proxy-4711.a_b"})
    assert given.headers["x-request-id"] == "proxy-4711.a_b"
    one, other = (served.get("/sites").headers["x-request-id"] for _ in range(2))
    assert one != other
    assert re.fullmatch(r"[0-9a-f]{16}", one)


@pytest.mark.parametrize("bad", ["", "a b", 'x"y', "ä".encode().decode("latin-1"), "x" * 65, "-x", "{}", "a\\nb"])
def test_an_id_that_could_spoil_the_log_is_replaced(served: Served, bad: str) -> None:
    answer = served.get("/health/live", headers={"X-Request-Id": bad.encode("latin-1")})
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["x-request-id"])


def test_the_log_in_json_has_ids_and_nothing_personal(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    root, access = logging.getLogger(), logging.getLogger("registry.access")
    before = root.handlers[:], root.level, access.level
    try:
        from registry.api import request_id

        configure("json", request_id.get)
        served.get("/sites?q=geheim", headers={"X-Request-Id": "eins", "User-Agent": "Muster/1.0"})
        served.get("/privat/kein-pfad-von-uns", headers={"X-Request-Id": "zwei"})
    finally:
        root.handlers[:], level, access_level = before
        root.setLevel(level)
        access.setLevel(access_level)
    said = capsys.readouterr().err
    lines = [json.loads(line) for line in said.splitlines()]
    mine = {line["request_id"]: line for line in lines if line["logger"] == "registry.access"}
    assert (mine["eins"]["route"], mine["eins"]["path"], mine["eins"]["status"]) == ("/sites", "/sites", 200)
    assert mine["eins"]["milliseconds"] > 0
    assert mine["eins"]["bytes"] > 0
    assert mine["zwei"]["path"] is None
    for secret in ("geheim", "Muster", "kein-pfad", "testclient"):
        assert secret not in said
