"""No term of the registry's own namespaces is used anywhere before it is defined."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from tests.conftest import ROOT
from tests.ontology.used_terms import ORTE, used

SCANNED = {
    "ontology": ("*.ttl", "*.jsonld"),
    "shapes": ("*.ttl", "*.rq"),
    "harvesters": ("*.py", "*.ttl", "*.rq", "*.toml"),
    "registry": ("*.py", "*.rq", "*.sql", "*.html", "*.js", "*.toml"),
}


def files() -> list[Path]:
    return sorted(
        file
        for folder, patterns in SCANNED.items()
        for pattern in patterns
        for file in (ROOT / folder).rglob(pattern)
        if "_data" not in file.parts
    )


@pytest.fixture(scope="module")
def defined() -> frozenset[str]:
    """Everything that is somewhere said to be something, and the names of ontology and shapes documents."""
    found = set()
    for file in [*(ROOT / "ontology").glob("*.ttl"), *(ROOT / "shapes").glob("*.ttl")]:
        for quad in ox.parse(path=file):
            if quad.predicate.value.endswith("#type") and isinstance(quad.subject, ox.NamedNode):
                found.add(quad.subject.value)
    return frozenset(found)


def undefined(file: Path, defined: frozenset[str]) -> list[str]:
    return sorted({iri for iri in used(file) if iri not in defined})


def test_every_file_uses_defined_terms_only(defined: frozenset[str]) -> None:
    wrong = {str(file.relative_to(ROOT)): names for file in files() if (names := undefined(file, defined))}
    assert wrong == {}


def test_the_scan_sees_the_terms_it_should(defined: frozenset[str]) -> None:
    seen = {iri for file in files() for iri in used(file)}
    assert {f"{ORTE}ns#Site", f"{ORTE}concept/phase/operating", f"{ORTE}region/14729"} <= seen
    assert {f"{ORTE}concept/phase", f"{ORTE}ns#recordsRead", f"{ORTE}shapes#Name"} <= seen


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.ttl", "@prefix o: <https://w3id.org/orte/ns#> . <x> o:nonsense 1 ."),
        ("b.ttl", "@prefix t: <https://w3id.org/orte/concept/theme/> . <x> <y> t:nonsense ."),
        ("c.ttl", '<x> <y> "see https://w3id.org/orte/ns#nonsense" .'),
        ("d.rq", "CONSTRUCT { ?x orte:nonsense ?y } WHERE { ?x ?p ?y }"),
        ("e.rq", "PREFIX p: <https://w3id.org/orte/concept/phase/>\nSELECT * { ?x ?y p:nonsense }"),
        ("f.rq", "SELECT * { ?x ?y <https://w3id.org/orte/region/99999> }"),
        ("g.rq", 'SELECT * { ?x ?y ?z FILTER(?z = "# no comment") ?x orte:nonsense 1 }'),
        ("h.py", 'NODE = ORTE["nonsense"]'),
        ("i.py", 'NODE = CONCEPT["phase/nonsense"]'),
        ("j.py", 'QUERY = f"SELECT * {{ ?x <{ORTE}nonsense> ?y }}"'),
        ("k.py", 'QUERY = "SELECT * { ?x orte:nonsense ?y }"'),
        ("l.py", 'IRI = "https://w3id.org/orte/concept/nonsense/desk"'),
        ("m.py", 'IRI = ORTE + "nonsense"'),
        ("n.jsonld", '{"@context": {"orte": "https://w3id.org/orte/ns#", "x": {"@id": "orte:nonsense"}}}'),
        ("o.jsonld", '{"@context": {"x": {"@id": "a:b", "@context": {"@vocab": "https://w3id.org/orte/concept/x/"}}}}'),
        ("p.html", '<a href="https://w3id.org/orte/shapes#nonsense">'),
    ],
)
def test_an_undefined_term_is_found(name: str, text: str, tmp_path: Path, defined: frozenset[str]) -> None:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    assert len(undefined(file, defined)) == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", 'IRI = f"https://w3id.org/orte/concept/{scheme}/{name}"'),
        ("b.py", 'PHASE = "https://w3id.org/orte/concept/phase/"'),
        ("c.py", 'RULE = f"{ORTE}{rule}"'),
        ("d.rq", 'SELECT * { BIND(IRI(CONCAT("https://w3id.org/orte/concept/service/", ?what)) AS ?kind) }'),
        ("e.rq", "# orte:nonsense in a comment\nSELECT * { ?x a orte:Site }"),
        ("f.py", 'URI = "https://w3id.org/orte/ns"'),
    ],
)
def test_names_made_at_run_time_are_left_alone(name: str, text: str, tmp_path: Path, defined: frozenset[str]) -> None:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    assert undefined(file, defined) == []
