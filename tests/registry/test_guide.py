"""The guide for partners lists every rule as the shapes have it, and what it shows is right."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from rdflib import SH

from registry.check import Checker
from registry.config import Config
from registry.rdf_input import Handed, triples_of
from registry.report.guide import BEGIN, END, GuideError, guide, write_into
from tests.conftest import ROOT
from tests.shapes.examples import shapes

FILE = ROOT / "docs" / "partners.md"
TEXT = FILE.read_text(encoding="utf-8")
RULES = sorted(str(rule).rpartition("#")[2] for rule in shapes().subjects(SH.severity))


def test_the_guide_is_in_step_with_the_shapes() -> None:
    assert f"{BEGIN}\n\n{guide()}\n{END}" in TEXT, "run: orte rules --into docs/partners.md"


def test_every_rule_is_there_once_with_message_and_example() -> None:
    assert len(RULES) > 100
    found = re.findall(r'<a id="(\w+)"></a>\*\*([^*]+)\*\* – (Fehler|Warnung|Hinweis)', guide())
    assert sorted(name for name, *_ in found) == RULES
    for section in guide().split("<a id=")[1:]:
        head, message, example, *_ = section.split("\n\n")
        assert head
        assert message.strip().endswith((".", "?", ")*"))
        assert re.fullmatch(r"```turtle\n.+\n```\n?", example.strip(), re.DOTALL)


def test_severities_are_those_of_the_shapes() -> None:
    graph = shapes()
    german = {"Fehler": SH.Violation, "Warnung": SH.Warning, "Hinweis": SH.Info}
    for name, severity in re.findall(r'<a id="(\w+)"></a>\*\*[^*]+\*\* – (\w+)', guide()):
        rule = rdflib.URIRef(f"https://w3id.org/orte/shapes#{name}")
        assert (rule, SH.severity, german[severity]) in graph


def test_links_lead_somewhere() -> None:
    anchors = set(re.findall(r'<a id="(\w+)">', TEXT))
    for target in re.findall(r"\]\(#(\w+)\)", TEXT):
        assert target in anchors
    for file in re.findall(r"\]\(([\w-]+\.md)\)", TEXT):
        assert (ROOT / "docs" / file).is_file()


@pytest.mark.parametrize("language", ["turtle", "json"])
def test_the_complete_entries_fit(language: str, checker: Checker, tmp_path: Path) -> None:
    block = next(iter(re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)))
    kind = {"turtle": "text/turtle", "json": "application/ld+json"}[language]
    if language == "json":
        json.loads(block)
    handed = Handed(block.encode(), kind, "the entry", "https://partner.example/liste")
    triples = triples_of(handed, Config(data=tmp_path))
    found = checker.check_triples(triples)
    assert [(one.rule, one.severity) for one in found] == []
    assert ox.NamedNode("https://w3id.org/orte/ns#CooperationSite") in {triple.object for triple in triples}


def test_a_guide_without_a_place_for_the_rules_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "guide.md"
    file.write_text("# Nichts\n", encoding="utf-8")
    with pytest.raises(GuideError, match="no lines"):
        write_into(file)
    file.write_text(f"vorher\n{BEGIN}\nalt\n{END}\nnachher\n", encoding="utf-8")
    assert write_into(file)
    assert not write_into(file)
    text = file.read_text(encoding="utf-8")
    assert text.startswith("vorher\n")
    assert text.endswith("nachher\n")
    assert "alt\n" not in text
