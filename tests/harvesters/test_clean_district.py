"""Districts as pages name them."""

from __future__ import annotations

import pytest

from harvesters.clean.district import REGION, district
from harvesters.clean.finding import Finding


@pytest.mark.parametrize(
    ("found", "ags"),
    [
        ("Landkreis Leipzig", "14729"),
        ("Leipzig (Landkreis)", "14729"),
        ("Stadt Leipzig", "14713"),
        ("Leipzig, Stadt", "14713"),
        ("Kreisfreie Stadt  Halle (Saale)", "15002"),
        ("Burgenlandkreis", "15084"),
        ("landkreis burgenlandkreis", "15084"),
        ("Altenburger Land", "16077"),
        ("Landkreis Mittelsachsen", "14522"),  # Leisnig and Döbeln: known, and outside the region
        ("Dessau-Roßlau", "15001"),
    ],
)
def test_a_named_district_is_found(found: str, ags: str) -> None:
    assert district(found) == REGION + ags


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ("Leipzig", "city or district"),
        ("Landkreis Halle", "not a known district"),
        ("Stadt Burgenlandkreis", "not a known district"),
        ("im Grünen", "not a known district"),
    ],
)
def test_what_cannot_be_told_is_reported_and_not_guessed(found: str, says: str) -> None:
    findings: list[Finding] = []
    assert district(found, report=findings.append) is None
    assert [finding.found for finding in findings] == [found]
    assert says in findings[0].message_en


def test_nothing_found_is_nothing_to_report() -> None:
    findings: list[Finding] = []
    assert district("", "04103", "Leipzig", "51.3", "12.4", report=findings.append) is None
    assert findings == []
