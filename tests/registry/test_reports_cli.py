"""`orte check`, `orte report` and `orte quarantine`: the same lines in a terminal."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.registry.conftest import RECORDS, Ground
from tests.serving import orte

GOOD: dict[str, Any] = {"key": "1", "name": "Haus", "lat": 51.3, "lon": 12.4}
ABROAD = {**GOOD, "name": "Neuer Name", "lat": 19.432}


@pytest.fixture
def harvested(ground: Ground) -> Ground:
    """One record of which the newer version is not valid, one that never was, and one that is fine."""
    ground.harvest([GOOD, {**GOOD, "key": "3"}])
    ground.harvest([ABROAD, {**GOOD, "key": "2", "name": " "}, {**GOOD, "key": "3"}])
    return ground


def test_quarantine_lists_source_key_since_when_and_why(harvested: Ground) -> None:
    rows = json.loads(orte(harvested.folder, "quarantine", "--json").stdout)
    assert [(row["source"], row["key"], row["published"]) for row in rows] == [
        ("liste", "1", True),
        ("liste", "2", False),
    ]
    assert [[why["rule"].rpartition("#")[2] for why in row["why"]] for row in rows] == [["Latitude"], ["NameText"]]
    assert rows[0]["since"] == harvested.ledger.run(2).started  # type: ignore[union-attr]
    shown = orte(harvested.folder, "quarantine")
    assert shown.returncode == 0
    assert "Die geografische Breite fehlt oder liegt nicht in Deutschland" in shown.stdout
    assert "its last valid version is shown" in shown.stdout
    assert "2 in quarantine" in shown.stderr
    assert json.loads(orte(harvested.folder, "quarantine", "--source", "andere", "--json").stdout) == []


def test_quarantine_shows_the_version_that_waits_and_what_is_wrong_with_it(harvested: Ground) -> None:
    shown = orte(harvested.folder, "quarantine", "show", f"{RECORDS}1")
    assert shown.returncode == 0
    assert 'schema:name "Neuer Name"@de' in shown.stdout
    assert "violation: https://liste.example/1 schema:latitude »19.432«" in shown.stdout
    row = json.loads(orte(harvested.folder, "quarantine", "show", f"{RECORDS}1", "--json").stdout)
    assert row["report"]["lines"][0]["key"] == "1"
    absent = orte(harvested.folder, "quarantine", "show", f"{RECORDS}3")
    assert absent.returncode != 0
    assert "is not in quarantine" in absent.stderr
    harvested.harvest([GOOD, {**GOOD, "key": "2"}, {**GOOD, "key": "3"}])
    assert json.loads(orte(harvested.folder, "quarantine", "--json").stdout) == []


def test_the_report_of_a_source(harvested: Ground) -> None:
    shown = orte(harvested.folder, "report", "liste", "--severity", "violation")
    assert shown.returncode == 1
    assert "violation: https://liste.example/2 schema:name » «" in shown.stdout
    assert "new: " in shown.stdout
    body = json.loads(orte(harvested.folder, "report", "liste", "--json", "--new").stdout)
    assert {line["key"] for line in body["lines"]} == {"1", "2"}
    assert "known are: liste" in orte(harvested.folder, "report", "nix").stderr
    wrong = orte(harvested.folder, "report", "liste", "--severity", "schlimm")
    assert "violation, warning, info" in wrong.stderr


def test_check_shows_the_same_lines_as_the_report(harvested: Ground) -> None:
    """The same record, checked as a file and reported of the source: same rules, paths, values and messages."""
    row = json.loads(orte(harvested.folder, "quarantine", "show", f"{RECORDS}1", "--json").stdout)
    file = harvested.folder / "eintrag.ttl"
    file.write_text(row["turtle"], encoding="utf-8")
    checked = orte(harvested.folder, "check", str(file), "--json")
    assert checked.returncode == 1
    same = ("severity", "rule", "component", "path", "value", "message", "focus")
    told = [[line[name] for name in same] for line in json.loads(checked.stdout)["lines"]]
    reported = [[line[name] for name in same] for line in row["report"]["lines"]]
    assert sorted(map(str, told)) == sorted(map(str, reported))
    text = orte(harvested.folder, "check", str(file)).stdout
    assert "schema:latitude »19.432«" in text
    assert text.strip().endswith("does not fit the shapes")


def test_check_says_what_it_cannot_read(harvested: Ground) -> None:
    file = harvested.folder / "kaputt.ttl"
    file.write_text("<a> <b> .", encoding="utf-8")
    for target in (str(file), "nichts.ttl", "http://10.0.0.1/", str(harvested.folder / "registry.toml")):
        done = orte(harvested.folder, "check", target)
        assert done.returncode not in (0, -11)
        assert "Traceback" not in done.stderr
