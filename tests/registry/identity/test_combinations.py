"""Houses, what is in them and who supports them, named in every way: no two of different kind are ever one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, islice

import pytest

from registry.identity.alike import may_be_one
from registry.identity.decide import decide
from registry.identity.keys import Class
from tests.registry.identity.labelled import FILE, HELD_OUT, pairs, profile

HOUSE = ("{0}", "{0}, {1}", "Kreativort {0}", "Kultur- und Bildungsstätte {0}", "{0} – Raum für Ideen", "{0} e.V.")
USES = ("Café", "Coworking Space", "Holzwerkstatt", "Bibliothek", "Hofladen", "FabLab", "Herberge", "Kita")
IN_HOUSE = ("{2} {0}", "{2} im {0}", "{0}: {2}", "{2} @ {0}")
HOLDERS = ("Förderverein", "Freundeskreis", "Heimatverein")


def names(house: str, town: str) -> Iterator[tuple[str, str]]:
    """What it is (two of one kind are the same thing), and a name for it."""
    for pattern in HOUSE:
        yield "house", pattern.format(house, town)
    for use in USES:
        for pattern in IN_HOUSE:
            yield use, pattern.format(house, town, use)
    for holder in HOLDERS:
        yield holder, f"{holder} {house} e.V."


@pytest.mark.parametrize(
    ("house", "town"), [("Kloster Posa", "Zeitz"), ("Alte Brauerei", "Colditz"), ("Elsterwerk", "Zeitz")]
)
def test_what_is_in_a_house_is_not_the_house_nor_in_one_another(house: str, town: str) -> None:
    for (one, first), (two, second) in combinations(names(house, town), 2):
        a = profile("1", {"source": "a", "name": first, "locality": town})
        b = profile("2", {"source": "b", "name": second, "locality": town})
        found = decide(a, b, lambda key: Class.OWN)
        what = f"{first} ~ {second}: {[sign.says('en') for sign in found.signs]}"
        if one == two:
            assert found.verdict in ("same", "unsure"), what
        elif "house" in (one, two) and not {one, two} & set(HOLDERS):
            assert found.verdict == "unsure" or (found.verdict, found.part) == (
                "part-of",
                "b" if one == "house" else "a",
            ), what
        else:
            assert found.verdict in ("different", "unsure"), what


def test_a_brief_comparison_ends_as_the_whole_one_does() -> None:
    everyone = [one for file in (FILE, HELD_OUT) for pair in pairs(file) for one in (pair.a, pair.b)]
    numbered = [replace(one, names=(f"{one.names[0]} {number % 3 + 1}",)) for number, one in enumerate(everyone[:60])]
    shorter = 0
    for a, b in islice(combinations((*everyone, *numbered), 2), 0, None, 37):
        whole, brief = (decide(a, b, lambda key: Class.OWN, briefly=briefly) for briefly in (False, True))
        assert (whole.verdict, whole.part, whole.bars) == (brief.verdict, brief.part, brief.bars), (a.names, b.names)
        if whole.verdict != "different":
            assert whole == brief
        passed_over = not may_be_one(a, b, True)
        assert not passed_over or whole.verdict == "different"
        shorter += passed_over or len(brief.signs) < len(whole.signs)
    assert shorter > 50
