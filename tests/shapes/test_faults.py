"""Each rule, broken: the report names exactly that fault, at the right node, and nothing else."""

from __future__ import annotations

import re

import pyshacl
import pytest
import rdflib
from rdflib import RDF, SH

from tests.conftest import ROOT
from tests.shapes.examples import FOLDER, RECORDS, Result, changed, shapes, validate
from tests.shapes.faults import FAULTS, FILE, Fault

EXAMPLES = sorted(file.stem for file in FOLDER.glob("*.ttl"))


@pytest.fixture(scope="module")
def rules() -> rdflib.Graph:
    return shapes()


@pytest.fixture(scope="module")
def reports(rules: rdflib.Graph) -> dict[str, list[Result]]:
    """All broken records in one batch, as in a harvest: one fault must not show in another's report."""
    graphs = {fault.slug: changed(fault.example, fault.slug, fault.drop, fault.add) for fault in FAULTS}
    assert len(graphs) == len(FAULTS)
    return validate(graphs, rules)


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_satisfy_every_rule(example: str, rules: rdflib.Graph) -> None:
    assert validate({example: changed(example, example)}, rules) == {example: []}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault.slug))
def test_a_fault_is_reported_and_nothing_else(fault: Fault, reports: dict[str, list[Result]]) -> None:
    found = reports[fault.slug]
    focus = RECORDS + fault.slug + fault.about.replace("<>", "")
    assert {(r.shape, r.path, r.severity, r.focus) for r in found} == {
        (expected.rule, expected.path, expected.severity, focus) for expected in fault.expected
    }
    for expected in fault.expected:
        components = {r.component.removesuffix("ConstraintComponent") for r in found if r.shape == expected.rule}
        assert expected.components[0] in components <= set(expected.components)


# Parameters of SHACL core that make a constraint, by the component that reports it; those of one component count once.
COMPONENTS = {
    SH.minCount: "MinCount", SH.maxCount: "MaxCount", SH.datatype: "Datatype", SH.nodeKind: "NodeKind",
    SH.pattern: "Pattern", SH.minLength: "MinLength", SH.maxLength: "MaxLength", SH.minInclusive: "MinInclusive",
    SH.maxInclusive: "MaxInclusive", SH.minExclusive: "MinExclusive", SH.maxExclusive: "MaxExclusive",
    SH.uniqueLang: "UniqueLang", SH.languageIn: "LanguageIn", SH["in"]: "In", SH["class"]: "Class", SH["or"]: "Or",
    SH["not"]: "Not", SH["and"]: "And", SH.xone: "Xone", SH.node: "Node", SH.hasValue: "HasValue", SH.equals: "Equals",
    SH.disjoint: "Disjoint", SH.lessThan: "LessThan", SH.lessThanOrEquals: "LessThanOrEquals", SH.closed: "Closed",
    SH.qualifiedMinCount: "QualifiedMinCount", SH.qualifiedMaxCount: "QualifiedMaxCount", SH.sparql: "SPARQL",
}  # fmt: skip


def test_every_constraint_of_every_rule_is_broken_by_a_fault(rules: rdflib.Graph) -> None:
    """A rule is a shape with a severity; shapes without one are parts of rules."""
    declared = {
        (str(shape).rpartition("#")[2], COMPONENTS[rdflib.URIRef(str(predicate))])
        for shape in rules.subjects(SH.severity)
        for predicate in rules.predicates(shape)
        if predicate in COMPONENTS
    }
    assert len(declared) > 150
    broken = {(expected.rule, expected.components[0]) for fault in FAULTS for expected in fault.expected}
    assert declared - broken == set()


def test_the_table_covers_every_file_of_shapes() -> None:
    named = re.findall(r"(?m)^# (\w+\.ttl)$", FILE.read_text(encoding="utf-8"))
    assert sorted(named) == sorted(file.name for file in (ROOT / "shapes").glob("*.ttl"))


@pytest.mark.parametrize(
    ("start", "end", "fits"),
    [
        ('"2018"^^xsd:gYear', '"2018-01-01"^^xsd:date', True),
        ('"2018-06"^^xsd:gYearMonth', '"2018"^^xsd:gYear', True),
        ('"2018-06-01"^^xsd:date', '"2018-06"^^xsd:gYearMonth', True),
        ('"2018-06-02"^^xsd:date', '"2018-06-01"^^xsd:date', False),
        ('"2018-06"^^xsd:gYearMonth', '"2018-05-31"^^xsd:date', False),
        ('"2019"^^xsd:gYear', '"2018"^^xsd:gYear', False),
    ],
)
def test_start_and_end_are_compared_as_far_as_both_are_stated(
    start: str, end: str, fits: bool, rules: rdflib.Graph
) -> None:
    life = f"<#it> schema:startDate {start} ; schema:endDate {end} ."
    graph = changed("network", "n", ("#it schema:startDate", "#it schema:endDate"), life)
    assert [r.shape for r in validate({"n": graph}, rules)["n"]] == ([] if fits else ["EndAfterStart"])


@pytest.mark.parametrize(
    "hours",
    [
        "24/7",
        "Mo-Fr 09:00-17:00",
        "Mo,We 10:00-12:00,13:00-18:00; PH off",
        "Apr-Oct: Sa 10:00+",
        "week 1-53/2 Tu 19:00-22:00",
        'Th[1] 18:00-20:00 "Stammtisch" || "nach Vereinbarung"',
        "sunrise-sunset",
        "easter -2 days closed",
    ],
)
def test_opening_hours_of_openstreetmap_are_accepted(hours: str, rules: rdflib.Graph) -> None:
    value = rdflib.Literal(hours).n3()
    graph = changed("site", "h", ("#it schema:openingHours",), f"<#it> schema:openingHours {value} .")
    assert validate({"h": graph}, rules)["h"] == []


def test_results_carry_both_languages(rules: rdflib.Graph) -> None:
    data = changed("source", "m", ("<> dct:title",))
    _, report, _ = pyshacl.validate(data, shacl_graph=rules)
    assert isinstance(report, rdflib.Graph)
    results = list(report.subjects(RDF.type, SH.ValidationResult))
    assert results
    for result in results:
        languages = {m.language for m in report.objects(result, SH.resultMessage) if isinstance(m, rdflib.Literal)}
        assert languages == {"de", "en"}
