"""Reports that name exactly the fault, at the partner's own address, and say what is new and what is fixed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import pyoxigraph as ox
import pytest
from fastapi.testclient import TestClient

from harvesters.reading import Unreadable
from registry.check import Checker
from tests.registry.api.reporting import LIFT, REPORT, client_of, entry, faults
from tests.registry.conftest import BASE, RECORDS, Ground
from tests.registry.report_shape import faults_of_report
from tests.shapes.examples import iri
from tests.shapes.faults import Fault

THIRTY = faults(30)
SHAPES = "https://w3id.org/orte/shapes#"


@dataclass(frozen=True)
class Broken:
    client: TestClient
    lines: list[dict[str, Any]]


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory, checker: Checker) -> Iterator[Broken]:
    """Thirty entries with one fault each, and four that are as they should be."""
    ground = Ground(tmp_path_factory.mktemp("broken"), checker)
    ground.configure(lift=LIFT)
    good = [entry(f"gut-{name}", name) for name in ("site", "network", "service", "organisation")]
    ground.harvest([*good, *(entry(one.slug, one.example, one) for one in THIRTY)])
    with client_of(ground) as client:
        yield Broken(client, client.get(f"{REPORT}.json").json()["lines"])


def test_there_are_thirty_and_no_more(broken: Broken) -> None:
    assert len({one.expected[0].rule for one in THIRTY}) == 30
    assert {one.expected[0].severity for one in THIRTY} == {"Violation", "Warning", "Info"}
    assert len(broken.lines) == 30
    severities = [line["severity"] for line in broken.lines]
    assert severities == sorted(severities, key=["violation", "warning", "info"].index), "the worst first"


@pytest.mark.parametrize("fault", THIRTY, ids=lambda one: str(one.slug))
def test_each_report_names_exactly_that_fault_at_the_right_address(fault: Fault, broken: Broken) -> None:
    (line,) = [line for line in broken.lines if line["key"] == fault.slug]
    (expected,) = fault.expected
    assert line["rule"] == SHAPES + expected.rule
    assert line["severity"] == expected.severity.lower()
    assert line["path"] == (str(iri(expected.path)) if expected.path else None)
    assert line["focus"] == RECORDS + fault.slug + fault.about
    assert line["component"].endswith(f"#{expected.components[0]}ConstraintComponent")
    assert line["page"] == f"https://liste.example/orte/{fault.slug}?a=1#zeile-{len(fault.slug)}"
    assert line["message"]["de"] != line["message"]["en"]
    assert (line["status"], line["first_run"]) == ("new", 1)


def test_all_formats_say_the_same(broken: Broken) -> None:
    rows = list(csv.DictReader(io.StringIO(broken.client.get(f"{REPORT}.csv").text)))
    assert [row["key"] for row in rows] == [line["key"] for line in broken.lines]
    assert [row["message_de"] for row in rows] == [line["message"]["de"] for line in broken.lines]
    turtle = set(ox.parse(broken.client.get(f"{REPORT}.ttl").content, ox.RdfFormat.TURTLE))
    assert {q for q in turtle if q.predicate.value.endswith("#result")}
    assert set(ox.parse(broken.client.get(f"{REPORT}.jsonld").content, ox.RdfFormat.JSON_LD)) == turtle
    for language in ("de", "en"):
        page = broken.client.get(f"{REPORT}?lang={language}", headers={"Accept": "text/html"}).text
        for line in broken.lines:
            assert f'href="{line["page"]}"'.replace("&", "&amp;") in page
            assert line["message"][language].replace('"', "&#34;").replace("<", "&lt;").replace(">", "&gt;") in page


@pytest.mark.parametrize("suffix", ["ttl", "nt", "jsonld"])
def test_the_report_is_a_conforming_validation_report(broken: Broken, suffix: str) -> None:
    answer = broken.client.get(f"{REPORT}.{suffix}")
    assert faults_of_report(answer.content, answer.headers["content-type"]) == []


def test_severities_and_pages(broken: Broken) -> None:
    all_of_them = [line["focus"] for line in broken.lines]
    found: list[str] = []
    address: str | None = f"{REPORT}.json?limit=7"
    while address:
        answer = broken.client.get(address)
        body = answer.json()
        assert body["matched"] == 30
        found += [line["focus"] for line in body["lines"]]
        address = body.get("next")
        assert (address is None) == ('rel="next"' not in answer.headers.get("link", ""))
    assert found == all_of_them
    counts = broken.client.get(f"{REPORT}.json").json()["open"]
    for severity, count in counts.items():
        body = broken.client.get(f"{REPORT}.json?severity={severity}").json()
        assert {line["severity"] for line in body["lines"]} == {severity}
        assert len(body["lines"]) == body["matched"] == count > 0
    two = broken.client.get(f"{REPORT}.json?severity=info&severity=warning").json()
    assert two["matched"] == counts["info"] + counts["warning"]


@pytest.mark.parametrize(
    ("address", "status", "kind"),
    [
        (f"{REPORT}?severity=catastrophe", 422, "invalid-parameter"),
        (f"{REPORT}?cursor=7", 400, "bad-cursor"),
        (f"{REPORT}?cursor=0.%C2%B2", 400, "bad-cursor"),
        (f"{REPORT}.geojson", 404, "not-found"),
        ("/sources/nix/report", 404, "not-found"),
        (f"{REPORT}?limit=0", 422, "invalid-parameter"),
    ],
)
def test_wrong_questions_are_answered_as_problems(broken: Broken, address: str, status: int, kind: str) -> None:
    answer = broken.client.get(address)
    assert (answer.status_code, answer.json()["type"]) == (status, f"{BASE}/docs#{kind}")


def test_a_copy_that_is_still_good_is_not_sent_again(broken: Broken) -> None:
    for suffix in ("json", "jsonld", "ttl", "csv", "html"):
        first = broken.client.get(f"{REPORT}.{suffix}")
        assert first.status_code == 200
        again = broken.client.get(f"{REPORT}.{suffix}", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert broken.client.get(REPORT, headers={"Accept": "text/csv"}).headers["vary"] == "Accept"


def test_a_partner_fixes_one_of_three_faults(ground: Ground) -> None:
    ground.configure(lift=LIFT)
    three = [one for one in THIRTY if one.expected[0].severity == "Violation"][:3]
    first = ground.harvest([entry(one.slug, one.example, one) for one in three])
    assert (first.counts["quarantined"], ground.kinds()) == (3, {})
    healed = three[0]
    ground.harvest([entry(healed.slug, healed.example), *(entry(one.slug, one.example, one) for one in three[1:])])
    with client_of(ground) as client:
        new = client.get(f"{REPORT}.json?new=1").json()
        assert (new["lines"], new["matched"], new["conforms"], new["fixed"]) == ([], 0, True, 1)
        report = client.get(f"{REPORT}.json").json()
        assert [line["key"] for line in report["lines"]] == [one.slug for one in three[1:]]
        assert {line["status"] for line in report["lines"]} == {"open"}
        assert {line["first_run"] for line in report["lines"]} == {first.id}
        (gone,) = report["fixed_lines"]
        assert (gone["key"], gone["status"]) == (healed.slug, "fixed")
        page = client.get(f"{REPORT}?new=1", headers={"Accept": "text/html"}).text
        assert "behoben: 1" in page
        assert "neu: 0" in page
        turtle = client.get(f"{REPORT}.ttl?new=1").text
        assert "orte:fixedFindings 1" in turtle
        record = f"/sources/liste/records/{healed.slug}"
        assert client.get(record).status_code == 200, "published the moment it validates"
        assert client.get(f"/sources/liste/records/{three[1].slug}").status_code == 404


def test_what_is_shown_meanwhile_says_that_it_is_stale(ground: Ground) -> None:
    good: dict[str, Any] = {"key": "1", "name": "Haus", "lat": 51.3, "lon": 12.4}
    ground.harvest([good])
    record, address = "/sources/liste/records/1", next(iter(ground.kinds())).removeprefix(BASE)
    with client_of(ground) as client:
        before = client.get(f"{record}.jsonld")
        assert "stale" not in before.json()
        ground.harvest([{**good, "lat": 19.4}])
        after = client.get(f"{record}.jsonld", headers={"If-None-Match": before.headers["etag"]})
        assert after.json()["stale"] is True
        for page in (record, address):
            assert "veraltet seit" in client.get(page, headers={"Accept": "text/html"}).text
        ground.harvest([good])
        assert "stale" not in client.get(f"{record}.jsonld").json()
        assert "veraltet seit" not in client.get(address, headers={"Accept": "text/html"}).text


def test_hostile_content_is_quoted_and_nothing_more(ground: Ground) -> None:
    script = "<script>alert(1)</script>"
    formula = '=HYPERLINK("http://a.example";"x")'
    ground.configure(lift=ground.source.lift.replace("fn:phone(?p)", "?p"))
    ground.harvest([{"key": script, "name": script, "phone": formula}, {"key": "+1", "name": " "}])
    with client_of(ground) as client:
        page = client.get(REPORT, headers={"Accept": "text/html"}).text
        assert script not in page
        assert "&lt;script&gt;alert(1)" in page
        rows = list(csv.reader(io.StringIO(client.get(f"{REPORT}.csv").text)))
        cells = [cell for row in rows for cell in row]
        assert f"'{formula}" in cells
        assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]
        assert faults_of_report(client.get(f"{REPORT}.ttl").content, "text/turtle") == []


def test_entries_that_never_became_records_are_reported_by_key_or_for_the_source(ground: Ground) -> None:
    ground.harvest([{"key": "1", "name": "Haus"}, {"key": "ohne name"}, Unreadable(None, "a row without key", ";;;")])
    with client_of(ground) as client:
        body = orjson.loads(client.get(f"{REPORT}.json?severity=violation").content)
        lines = {line["key"]: line for line in body["lines"]}
        assert set(lines) == {"ohne name", None}
        assert lines[None]["value"] == ";;;"
        assert lines["ohne name"]["page"] == "https://liste.example/ohne name"
        assert lines[None]["message"]["de"].startswith("Der Eintrag konnte nicht gelesen werden")
        answer = client.get(f"{REPORT}.ttl")
        assert faults_of_report(answer.content, "text/turtle") == []
        assert f"<{RECORDS}ohne%20name>" in answer.text
