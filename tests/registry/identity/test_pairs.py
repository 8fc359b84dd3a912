"""How well the rules do on pairs that people labelled."""

from __future__ import annotations

from pathlib import Path

import pytest

from registry.identity.decide import decide
from registry.identity.keys import Class
from tests.registry.identity.labelled import FILE, HELD_OUT, Pair, decided, meets, pairs, quality

LABELLED = pairs()


def test_there_are_enough_pairs_of_every_trouble() -> None:
    troubles = {pair.trouble for pair in LABELLED}
    assert len(LABELLED) >= 60
    assert {"retitled", "five names", "renamed", "moved", "part of", "shared address", "homonyms", "shared domain",
            "missing position", "wrong position", "spelling", "kinds", "one source"} <= troubles  # fmt: skip


@pytest.mark.parametrize("file", [FILE, HELD_OUT], ids=lambda file: file.stem)
def test_same_is_said_rarely_in_error_and_mostly_where_it_is_true(file: Path) -> None:
    found = quality(pairs(file))
    assert found.precision >= 0.98
    assert found.recall >= 0.85


@pytest.mark.parametrize("pair", [p for p in LABELLED if p.truth == "different"], ids=lambda pair: pair.label)
def test_what_is_different_is_never_merged(pair: Pair) -> None:
    assert decided(pair).verdict in ("different", "unsure")


@pytest.mark.parametrize("pair", [p for p in LABELLED if p.truth == "part-of"], ids=lambda pair: pair.label)
def test_what_is_part_of_a_house_is_never_the_house(pair: Pair) -> None:
    found = decided(pair)
    assert (found.verdict, found.part) == ("part-of", "a")


@pytest.mark.parametrize("pair", [p for p in LABELLED if p.truth == "same"], ids=lambda pair: pair.label)
def test_blocking_brings_together_what_is_the_same(pair: Pair) -> None:
    assert meets(pair)


def test_it_does_not_matter_which_record_comes_first() -> None:
    for pair in LABELLED:
        there, back = (decide(*both, lambda key: Class.OWN) for both in ((pair.a, pair.b), (pair.b, pair.a)))
        assert (there.verdict, there.score) == (back.verdict, back.score), pair.label
        assert {"a": "b", "b": "a", "": ""}[there.part] == back.part, pair.label


def test_every_sign_can_be_said_in_both_languages() -> None:
    for sign in (sign for pair in LABELLED for sign in decided(pair).signs):
        assert sign.says("de") != sign.says("en")
        assert "{" not in sign.says("de") + sign.says("en")
