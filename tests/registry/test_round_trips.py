"""Every reader, from the web into the ledger: what is new, changed, gone and unchanged is counted exactly."""

from __future__ import annotations

from pathlib import Path

import pytest

from harvesters.readers import READERS
from tests.registry.cases import AFTER, BEFORE, CASES, Case, case_of, describe, expected
from tests.registry.sourced import Sourced, counts
from tests.standins import StandIn, versioned


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_created_updated_and_withdrawn_are_exactly_right(case: Case, tmp_path: Path) -> None:
    with case.standin() as site:
        registry = Sourced(tmp_path, site)
        describe(registry, case, site)
        case.publish(site, BEFORE)
        first = registry.harvest("ort")["ort"]
        assert (first.outcome, first.reason) == ("complete", None)
        assert counts(first) == (6, 0, 0, 0)
        assert registry.names("ort") == expected(case, BEFORE)
        original = registry.digests()["record"]
        case.publish(site, AFTER)
        second = registry.harvest("ort")["ort"]
        assert (second.outcome, second.reason) == ("complete", None)
        assert counts(second) == (1, 1, 1, 4)
        assert registry.names("ort") == expected(case, AFTER)
        digests = registry.digests()
        case.publish(site, AFTER)
        assert counts(registry.harvest("ort")["ort"]) == (0, 0, 0, 6)
        assert registry.digests() == digests
        # Back to the beginning: the same content gives the same digest of records, whatever happened between.
        case.publish(site, BEFORE)
        assert counts(registry.harvest("ort")["ort"]) == (1, 1, 1, 4)
        assert registry.names("ort") == expected(case, BEFORE)
        assert registry.digests()["record"] == original


def test_every_reader_makes_the_round_trip() -> None:
    assert {case.reader or case.id for case in CASES} | {"records-file", "push"} == set(READERS)


def test_a_delta_withdraws_only_what_the_source_says_is_gone(tmp_path: Path) -> None:
    case = case_of("openfairdb")
    with case.standin() as site:
        registry = Sourced(tmp_path, site)
        describe(registry, case, site, changes_for_days=30)
        case.publish(site, BEFORE)
        registry.harvest("ort")
        case.publish(site, AFTER)
        site.clear()
        delta = registry.harvest("ort")["ort"]
        assert not site.asked("/v0/search")
        assert (delta.outcome, counts(delta)[:3]) == ("partial", (1, 1, 1))
        assert registry.names("ort") == expected(case, AFTER)
        assert counts(registry.harvest("ort")["ort"])[:3] == (0, 0, 0)


def test_a_delta_that_cannot_show_deletions_leaves_them_to_the_next_complete_reading(tmp_path: Path) -> None:
    case = case_of("wordpress")
    with case.standin() as site:
        registry = Sourced(tmp_path, site)
        describe(registry, case, site, changes_for_days=30)
        case.publish(site, BEFORE)
        registry.harvest("ort")
        case.publish(site, AFTER)
        for place in site.places:  # type: ignore[attr-defined]
            if place["modified"] > "2026-11-21":
                place["modified"] = "2099-01-01T00:00:00"
        delta = registry.harvest("ort")["ort"]
        assert (delta.outcome, counts(delta)[:3]) == ("partial", (1, 1, 0))
        assert registry.names("ort") == expected(case, {1: "Haus 1", **AFTER})
        describe(registry, case, site)
        assert counts(registry.harvest("ort")["ort"])[2] == 1
        assert registry.names("ort") == expected(case, AFTER)


def test_a_source_with_validators_is_not_even_sent_again(tmp_path: Path) -> None:
    with StandIn() as site:
        registry = Sourced(tmp_path, site)
        registry.describe("ort", {"reader": "json", "url": site.url("/orte"), "key": "id"})
        site.route("/robots.txt", b"")
        site.route("/orte", versioned([{"id": number, "name": name} for number, name in BEFORE.items()], etag='"1"'))
        first = registry.harvest("ort")["ort"]
        again = registry.harvest("ort")["ort"]
        assert (first.counts["bytes"] > 0, again.counts["bytes"]) == (True, 0)
        assert counts(again) == (0, 0, 0, 6)
