"""The shapes themselves: valid SHACL, named, explained in both languages, and in step with the ontology."""

from __future__ import annotations

import re

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib
from rdflib import RDF, RDFS, SH, SKOS
from rdflib.collection import Collection

from tests.conftest import ROOT
from tests.shapes.examples import TURTLE, shapes

FILES = sorted((ROOT / "shapes").glob("*.ttl"))
SHAPE = "https://w3id.org/orte/shapes#"


@pytest.fixture(scope="module")
def rules() -> rdflib.Graph:
    return shapes()


def languages(graph: rdflib.Graph, subject: rdflib.term.Node, predicate: rdflib.term.Node) -> list[str]:
    return sorted(str(text.language) for text in graph.objects(subject, predicate) if isinstance(text, rdflib.Literal))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.name))
def test_both_parsers_read_the_same(file: object) -> None:
    assert len(rdflib.Graph().parse(str(file))) == len(list(ox.parse(path=str(file)))) > 20


def test_shapes_conform_to_the_shapes_of_shacl(rules: rdflib.Graph) -> None:
    conforms, _, text = pyshacl.validate(rdflib.Graph(), shacl_graph=rules, meta_shacl=True)
    assert conforms, text


def test_about_sixty_rules_and_more_of_all_three_severities(rules: rdflib.Graph) -> None:
    counted = {
        severity: len(list(rules.subjects(SH.severity, severity))) for severity in (SH.Violation, SH.Warning, SH.Info)
    }
    assert sum(counted.values()) >= 60
    assert min(counted.values()) >= 10
    assert set(rules.objects(None, SH.severity)) == set(counted)


def test_every_rule_says_in_both_languages_what_to_do(rules: rdflib.Graph) -> None:
    for rule in rules.subjects(SH.severity):
        named = SH.name if (rule, RDF.type, SH.PropertyShape) in rules else RDFS.label
        assert languages(rules, rule, named) == ["de", "en"], rule
        assert languages(rules, rule, SH.message) == ["de", "en"], rule
        texts = {m.language: str(m) for m in rules.objects(rule, SH.message) if isinstance(m, rdflib.Literal)}
        for text in texts.values():
            assert text.endswith((".", "?")), rule
        if (rule, SH.severity, SH.Info) not in rules:
            assert "Bitte" in texts["de"] or "vorrang" in texts["de"].lower() or "Ohne sie" in texts["de"], rule


def test_every_shape_has_an_iri_of_its_own(rules: rdflib.Graph) -> None:
    for kind in (SH.NodeShape, SH.PropertyShape):
        for shape in rules.subjects(RDF.type, kind):
            assert str(shape).startswith(SHAPE)
    assert not [p for p in rules.objects(None, SH.property) if isinstance(p, rdflib.BNode)]
    names = [m for file in FILES for m in re.findall(r"(?m)^shape:(\w+) a ", file.read_text(encoding="utf-8"))]
    assert len(names) == len(set(names)), "one name, two shapes"


def test_every_property_rule_is_used_by_a_shape_with_a_target(rules: rdflib.Graph) -> None:
    targeted = {s for p in (SH.targetClass, SH.targetSubjectsOf) for s in rules.subjects(p)}
    reached = {p for shape in targeted for p in rules.objects(shape, SH.property)}
    for rule in rules.subjects(SH.severity):
        assert rule in reached or rule in targeted, rule


def test_a_range_never_stands_without_a_datatype(rules: rdflib.Graph) -> None:
    """pyshacl compares "abc" < 47.2 as true, so a range alone lets words through."""
    for predicate in (SH.minInclusive, SH.maxInclusive, SH.minExclusive, SH.maxExclusive):
        for shape in rules.subjects(predicate):
            assert (shape, SH.datatype, None) in rules, shape


def test_sparql_is_used_only_where_core_cannot_say_it(rules: rdflib.Graph) -> None:
    assert {str(s).removeprefix(SHAPE) for s in rules.subjects(SH.sparql)} == {"EndAfterStart"}


def test_patterns_mean_the_same_everywhere(rules: rdflib.Graph) -> None:
    """No look-around and no back-references: SPARQL's regular expressions have none."""
    for pattern in rules.objects(None, SH.pattern):
        assert not re.search(r"\(\?|\\[1-9]", str(pattern)), pattern
        re.compile(str(pattern))


@pytest.mark.parametrize("rule", ["NameMarkup", "OpeningHours", "Email", "Url", "Locality", "Telephone", "Wkt"])
def test_patterns_take_time_in_proportion_to_the_text(rule: str, rules: rdflib.Graph) -> None:
    """One that backtracks would hang on these: minutes instead of milliseconds."""
    pattern = re.compile(str(rules.value(rdflib.URIRef(SHAPE + rule), SH.pattern)))
    for unit in ("<", "a", "Mo", "9", " ", "a.", "<a", "(", "day", "http://a/", "a@", "POINT", '"'):
        for end in ("\x00", "9", "<", "@", " x"):
            pattern.search(unit * 20_000 + end)


@pytest.mark.parametrize(
    ("rule", "scheme"),
    [
        ("Phase", "phase"), ("Presence", "presence"), ("Theme", "theme"), ("Audience", "audience"),
        ("FundingElement", "funding"), ("Status", "status"), ("ServiceKind", "service"),
        ("OrganisationKind", "organisation"),
    ],
)  # fmt: skip
def test_allowed_concepts_are_those_of_the_scheme(rule: str, scheme: str, rules: rdflib.Graph) -> None:
    concepts = rdflib.Graph().parse(ROOT / "ontology" / "concepts.ttl")
    listed = rules.value(rdflib.URIRef(SHAPE + rule), SH["in"])
    assert listed is not None
    members = set(concepts.subjects(SKOS.inScheme, rdflib.URIRef(f"https://w3id.org/orte/concept/{scheme}")))
    assert set(Collection(rules, listed)) == members


def test_allowed_regions_are_those_of_the_ontology(rules: rdflib.Graph) -> None:
    regions = rdflib.Graph().parse(ROOT / "ontology" / "regions.ttl")
    orte = rdflib.Namespace("https://w3id.org/orte/ns#")
    for rule, expected in (
        ("RegionKnown", set(regions.subjects(RDF.type, orte.Region))),
        ("AreaServed", set(regions.subjects(orte.ags))),
    ):
        listed = rules.value(rdflib.URIRef(SHAPE + rule), SH["in"])
        assert listed is not None
        assert set(Collection(rules, listed)) == expected


def test_the_regions_that_ship_satisfy_their_shapes(rules: rdflib.Graph) -> None:
    regions = rdflib.Graph().parse(ROOT / "ontology" / "regions.ttl")
    conforms, _, text = pyshacl.validate(regions, shacl_graph=rules)
    assert conforms, text


def test_examples_in_the_shapes_are_turtle_that_satisfies_them(rules: rdflib.Graph) -> None:
    """What partners are shown as right must be right: each example, on the property of its rule alone."""
    examples = list(rules.subject_objects(SKOS.example))
    assert len(examples) > 60
    for rule, example in examples:
        data = rdflib.Graph().parse(data=f"{TURTLE} <https://a.example/x> {example} .", format="turtle")
        if (path := rules.value(rule, SH.path)) is None:
            continue
        assert (None, path, None) in data or (rule, SH.maxCount, rdflib.Literal(0)) in rules, rule
        alone = rdflib.Graph()
        for triple in rules:
            if triple[1] not in (SH.targetClass, SH.targetSubjectsOf):
                alone.add(triple)
        alone.remove((rule, SH["class"], None))  # nested nodes are not part of the example
        alone.add((rule, SH.targetNode, rdflib.URIRef("https://a.example/x")))
        conforms, _, text = pyshacl.validate(data, shacl_graph=alone)
        assert conforms, text
