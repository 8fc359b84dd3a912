"""The checker reports what plain pyshacl reports, in one process or several."""

from __future__ import annotations

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib
from rdflib import RDF

from registry import assets
from registry.check import Checker, LateChecker
from registry.check.checker import messages_of, results_of
from registry.ledger import Finding
from registry.record import Record, canonical
from registry.terms import ORTE
from tests.shapes.examples import RECORDS, changed, shapes
from tests.shapes.faults import FAULTS


def as_record(name: str, graph: rdflib.Graph) -> Record:
    triples = [quad.triple for quad in ox.parse(graph.serialize(format="nt"), ox.RdfFormat.N_TRIPLES)]
    return Record(RECORDS + name, "t", name, "site", canonical(triples, RECORDS + name), None, None)


@pytest.fixture(scope="module")
def faulty() -> list[Record]:
    return [as_record(f.slug, changed(f.example, f.slug, f.drop, f.add)) for f in FAULTS]


def plain(triples: list[ox.Triple]) -> list[Finding]:
    """What pyshacl says, given the shapes as they are written and the ontology beside the data."""
    data = rdflib.Graph().parse(data=ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES), format="nt")
    for name in ("orte", "concepts", "regions"):
        data.parse(assets.ontology_dir() / f"{name}.ttl")
    rules = shapes()
    _, report, _ = pyshacl.validate(data, shacl_graph=rules, inplace=True)
    assert isinstance(report, rdflib.Graph)
    return list(results_of(report, messages_of(rules)))


def test_the_prepared_shapes_report_what_the_shapes_as_written_report(checker: Checker, faulty: list[Record]) -> None:
    triples = [quad.triple for one in faulty for quad in ox.parse(one.nquads, ox.RdfFormat.N_QUADS)]
    found = {one for one in plain(triples) if (one.focus or "").startswith(RECORDS)}
    assert len(found) >= len(FAULTS)
    assert set(checker.check_triples(triples)) == found


def test_a_late_checker_finds_the_same_and_is_made_when_there_is_a_record(
    checker: Checker, faulty: list[Record]
) -> None:
    late = LateChecker()
    assert late.check([]) == {}
    assert late._checker is None
    found = late.check(faulty)
    assert found == checker.check(faulty)
    assert sum(map(len, found.values())) >= len(FAULTS)


def test_one_fault_is_one_finding_though_it_breaks_two_constraints(checker: Checker) -> None:
    add = "<#address> schema:postalCode 4668 ."
    record = as_record("plz", changed("site", "plz", ("#address schema:postalCode",), add))
    (found,) = checker.check([record])[record.iri]
    assert (found.focus, found.value) == (f"{record.iri}#address", "4668")
    assert found.datatype == "http://www.w3.org/2001/XMLSchema#integer"
    assert found.component == "http://www.w3.org/ns/shacl#DatatypeConstraintComponent"


def test_two_wrong_values_are_two_findings(checker: Checker) -> None:
    add = '<#it> schema:sameAs "a" , "b" .'
    record = as_record("same", changed("site", "same", ("#it schema:sameAs",), add))
    assert [found.value for found in checker.check([record])[record.iri]] == ["a", "b"]


def test_values_are_quoted_as_they_were_written(checker: Checker) -> None:
    area = ox.Literal("0420", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer"))
    record = as_record("area", changed("site", "area", ("#it orte:floorArea",)))
    triples = [quad.triple for quad in ox.parse(record.nquads, ox.RdfFormat.N_QUADS)]
    triples.append(ox.Triple(ox.NamedNode(f"{record.iri}#it"), ORTE["floorArea"], area))
    assert [found.value for found in checker.check_triples(triples)] == ["0420"]


def test_a_record_that_cannot_be_checked_spoils_no_other(monkeypatch: pytest.MonkeyPatch, faulty: list[Record]) -> None:
    checker = Checker()
    check = checker.check_triples

    def sometimes(triples: object) -> list[Finding]:
        known = list(triples)  # type: ignore[call-overload]
        if any(triple.subject.value.startswith(faulty[1].iri) for triple in known):
            raise ValueError("no such day")
        return check(known)

    monkeypatch.setattr(checker, "check_triples", sometimes)
    found = checker.check(faulty[:3])
    assert [one.rule.rpartition("#")[2] for one in found[faulty[1].iri]] == ["check"]
    assert "no such day" in found[faulty[1].iri][0].message_de
    assert found[faulty[0].iri] == Checker().check(faulty[:1])[faulty[0].iri]


def test_markup_in_a_literal_is_not_parsed(checker: Checker) -> None:
    """rdflib would expand entities: a few hundred bytes can ask for gigabytes."""
    bomb = '<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>'
    kind = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#XMLLiteral")
    site = ox.NamedNode("https://a.example/x")
    triples = [
        ox.Triple(site, ox.NamedNode(str(RDF.type)), ox.NamedNode("https://w3id.org/orte/ns#Network")),
        ox.Triple(site, ox.NamedNode("https://schema.org/name"), ox.Literal(bomb, datatype=kind)),
    ]
    assert any(one.value == bomb and one.datatype == kind.value for one in checker.check_triples(triples))


def test_what_the_checker_knows_beside_the_data_is_not_reported(checker: Checker) -> None:
    assert checker.check_triples([]) == []


def test_every_finding_speaks_both_languages(checker: Checker, faulty: list[Record]) -> None:
    found = [one for findings in checker.check(faulty).values() for one in findings]
    assert {one.rule.rpartition("#")[2] for one in found} >= {"EndAfterStart", "Name", "SiteLocated"}
    for one in found:
        assert one.message_de != one.message_en
        assert " the " not in f" {one.message_de} "
