from __future__ import annotations

from typing import Any

import pytest

from harvesters.lift import Lift, LiftError
from harvesters.reading import RawRecord

BASE = "http://127.0.0.1:8000/sources/"


def _lift(query: str) -> Lift:
    return Lift(query, source_id="liste", records_base=BASE)


def _one(query: str, data: dict[str, Any], key: str = "1") -> dict[str, set[str]]:
    (lifted,) = _lift(query).lift([RawRecord(key, data)])
    return {iri: {str(t.object) for t in triples} for iri, triples in lifted.records.items()}


NAMES = "CONSTRUCT { ?it schema:name ?n } WHERE { ?r a fx:root ; %s BIND(fn:it(?r) AS ?it) }"


def test_objects_lists_and_values_are_reached_as_facade_x() -> None:
    data = {"a b": {"c": "tief"}, "tags": ["eins", "zwei", {"name": "drei"}], "n": 3, "leer": None}
    record = BASE + "liste/records/1"
    assert _one(NAMES % "xyz:a%20b/xyz:c ?n .", data) == {record: {'"tief"'}}
    assert _one(NAMES % "xyz:tags/fx:item ?n . FILTER(isLiteral(?n))", data) == {record: {'"eins"', '"zwei"'}}
    assert _one(NAMES % "xyz:tags/fx:item/xyz:name ?n .", data) == {record: {'"drei"'}}
    assert _one(NAMES % "xyz:tags/rdf:_2 ?n .", data) == {record: {'"zwei"'}}
    assert _one(NAMES % "xyz:n ?n . FILTER(?n = 3)", data)[record]
    assert _one(NAMES % "xyz:leer ?n .", data) == {}


def test_the_same_batch_keeps_records_apart() -> None:
    lifted = _lift(NAMES % "xyz:name ?n .").lift([RawRecord(str(n), {"name": f"Haus {n}"}) for n in range(50)])
    assert [[str(t.object) for t in one.records[BASE + f"liste/records/{one.raw.key}"]] for one in lifted] == [
        [f'"Haus {n}"'] for n in range(50)
    ]


def test_one_bad_record_does_not_spoil_its_batch() -> None:
    deep: dict[str, Any] = {}
    for _ in range(60):
        deep = {"tiefer": deep}
    good, bad = _lift(NAMES % "xyz:name ?n .").lift([RawRecord("gut", {"name": "Haus"}), RawRecord("tief", deep)])
    assert good.records
    assert bad.reason is not None
    assert "nested deeper" in bad.reason


def test_what_lies_outside_the_record_is_dropped_and_said() -> None:
    query = "CONSTRUCT { <http://elsewhere.example/#it> schema:name ?n } WHERE { ?r a fx:root ; xyz:name ?n }"
    (lifted,) = _lift(query).lift([RawRecord("1", {"name": "Haus"})])
    assert lifted.records == {}
    assert "http://elsewhere.example/#it" in (lifted.reason or "")


def test_no_record_can_speak_for_another_one() -> None:
    query = """CONSTRUCT { ?other schema:name ?n } WHERE { ?r a fx:root ; xyz:name ?n ; xyz:other ?o
      BIND(IRI(CONCAT("http://127.0.0.1:8000/sources/andere/records/", ?o, "#it")) AS ?other) }"""
    (lifted,) = _lift(query).lift([RawRecord("1", {"name": "Haus", "other": "7"})])
    assert lifted.records == {}


def test_parts_have_records_of_their_own() -> None:
    query = """CONSTRUCT { ?it orte:offers ?desk . ?desk schema:name "Tisch" }
      WHERE { ?r a fx:root BIND(fn:it(?r) AS ?it) BIND(fn:it(?r, "service/desk") AS ?desk) }"""
    assert _one(query, {"name": "x"}, key="a/b").keys() == {
        BASE + "liste/records/a%2Fb",
        BASE + "liste/records/a%2Fb/service/desk",
    }


def test_findings_go_to_the_record_they_are_about() -> None:
    query = NAMES.replace("%s", "xyz:phone ?p . BIND(COALESCE(fn:phone(?p), 'keine') AS ?n)")
    good, bad = _lift(query).lift([RawRecord("1", {"phone": "+49 341 1234567"}), RawRecord("2", {"phone": "abends"})])
    assert good.findings == ()
    assert [finding.found for finding in bad.findings] == ["abends"]


def test_unread_keys_are_those_the_query_never_mentions() -> None:
    lift = _lift(NAMES % "xyz:name ?n ; xyz:a%20b/xyz:c ?x .")
    assert lift.unread({"name": "x", "a b": {"c": 1, "d": 2}, "tags": [{"e": 1}]}) == {"d", "tags", "e"}


def test_a_broken_query_is_an_error_for_its_author() -> None:
    with pytest.raises(LiftError, match="liste"):
        _lift("CONSTRUCT { ?s ?p } WHERE {}")
    with pytest.raises(LiftError, match="CONSTRUCT"):
        _lift("SELECT * WHERE { ?s ?p ?o }")


def test_a_changed_query_has_another_fingerprint() -> None:
    assert _lift(NAMES % "xyz:name ?n .").fingerprint != _lift(NAMES % "xyz:title ?n .").fingerprint
