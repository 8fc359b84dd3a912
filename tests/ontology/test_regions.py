"""The nine districts, checked against the official municipality register and outlines where these are at hand."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import rdflib
from rdflib import DCTERMS, RDF

from tests.conftest import ROOT

ORTE = rdflib.Namespace("https://w3id.org/orte/ns#")
REGION = rdflib.Namespace("https://w3id.org/orte/region/")
SCHEMA = rdflib.Namespace("https://schema.org/")
NUTS = {
    "14713": "DED51", "14729": "DED52", "14730": "DED53", "15002": "DEE02", "15082": "DEE05",
    "15084": "DEE08", "15087": "DEE0A", "15088": "DEE0B", "16077": "DEG0M",
}  # fmt: skip


@pytest.fixture(scope="module")
def regions() -> rdflib.Graph:
    return rdflib.Graph().parse(ROOT / "ontology" / "regions.ttl")


def test_nine_districts_with_keys_as_text(regions: rdflib.Graph) -> None:
    found = {}
    for region in regions.subjects(RDF.type, ORTE.Region):
        ags, nuts = regions.value(region, ORTE.ags), regions.value(region, ORTE.nuts)
        assert isinstance(ags, rdflib.Literal)
        assert ags.datatype in (None, rdflib.XSD.string)
        assert region == REGION[str(ags)]
        assert regions.value(region, DCTERMS.isPartOf) == REGION[str(ags)[:2]]
        found[str(ags)] = str(nuts)
    assert found == NUTS


def test_target_applies_to_all_but_the_two_cities(regions: rdflib.Graph) -> None:
    exempt = {str(r)[-5:] for r in regions.subjects(ORTE.targetApplies, rdflib.Literal(False))}
    assert exempt == {"14713", "15002"}
    for region in regions.subjects(RDF.type, ORTE.Region):
        target = [int(str(v)) for p in (ORTE.targetMin, ORTE.targetMax) for v in regions.objects(region, p)]
        assert target == ([] if str(region)[-5:] in exempt else [5, 15])


def test_the_two_leipzigs_are_told_apart(regions: rdflib.Graph) -> None:
    names = {str(n) for code in ("14713", "14729") for n in regions.objects(REGION[code], SCHEMA.name)}
    assert names == {"Leipzig (Stadt)", "Leipzig (city)", "Landkreis Leipzig", "Leipzig district"}
    every = [
        name for region in regions.subjects(RDF.type, ORTE.Region) for name in regions.objects(region, SCHEMA.name)
    ]
    assert len(every) == len(set(every)) == 18


def test_two_million_people(regions: rdflib.Graph) -> None:
    assert sum(int(str(value)) for value in regions.objects(None, ORTE.population)) == 2_030_841
    assert {str(day) for day in regions.objects(None, ORTE.populationDate)} == {"2021-12-31"}


def test_population_is_that_of_the_municipality_register(regions: rdflib.Graph, shared: Path) -> None:
    with (shared / "data" / "gemeinden_ags_sn_st_th_2021.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["level"] != "kreis"]
    for region in regions.subjects(RDF.type, ORTE.Region):
        ags = str(regions.value(region, ORTE.ags))
        people = sum(int(row["population_2021"]) for row in rows if row["kreis_ags"] == ags)
        assert people == int(str(regions.value(region, ORTE.population))), ags


def test_codes_are_those_of_the_official_outlines(shared: Path) -> None:
    outlines = json.loads((shared / "data" / "kreise_irmd_vg250_2018.geojson").read_text(encoding="utf-8"))
    assert {f["properties"]["AGS"]: f["properties"]["NUTS"] for f in outlines["features"]} == NUTS
