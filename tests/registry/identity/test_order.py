"""The order in which sources are harvested, and every detour on the way, changes nothing but IRIs."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from registry.identity import keys, resolve
from registry.unify import rework
from tests.registry.identity.catalogue import Catalogue
from tests.registry.identity.labelled import FILE

Entry = tuple[str, str, Mapping[str, Any]]


def entries(part: int) -> list[Entry]:
    """The records of every third of the labelled pairs, side by side in one catalogue, and houses with services."""
    found: list[Entry] = []
    for number, pair in list(enumerate(tomllib.loads(FILE.read_text(encoding="utf-8"))["pair"]))[part::3]:
        for index, fields in enumerate([pair["a"], pair["b"], *pair.get("also", ())]):
            found.append((fields["source"], f"{number}-{index}", fields))
    for source in ("kreativorte-mitteldeutschland", "openfairdb", "studie"):
        offers = [f"{source}:haus/service/desk", f"{source}:haus/service/room"]
        house = {"name": "Kulturmühle Nerchau", "locality": "Grimma", "offers": offers}
        desk = {"kind": "service", "name": "Arbeitsplatz (Kulturmühle)", "service": ["desk"]}
        room = {"kind": "service", "name": "Raum Mulde", "service": ["meeting-room"]}
        found += [(source, "haus", house), (source, "haus/service/desk", desk), (source, "haus/service/room", room)]
    free = {"kind": "service", "name": "Coworking in der Kulturmühle Nerchau", "locality": "Grimma"}
    found.append(("openstreetmap", "frei", free))
    return found


def described(path: Path, steps: list[tuple[str, str, Mapping[str, Any] | None]], each: bool) -> set[str]:
    catalogue = Catalogue(path)
    catalogue.put(steps, each=each)
    return catalogue.picture()


@pytest.fixture(params=[keys.MOST, 3], ids=["usual", "few"])
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once with the usual number of records under a key, once with so few that keys become common all the time."""
    monkeypatch.setattr(keys, "MOST", request.param)
    monkeypatch.setattr(resolve, "MOST", request.param)


@pytest.mark.parametrize("seed", range(3))
def test_any_order_gives_the_same_catalogue(seed: int, few: None, tmp_path: Path) -> None:
    chance = random.Random(seed)
    listed = entries(seed)
    once = described(tmp_path / "once", [*listed], each=False)
    chance.shuffle(listed)
    assert described(tmp_path / "each", [*listed], each=True) == once


@pytest.mark.parametrize("seed", range(3))
def test_detours_leave_no_trace(seed: int, few: None, tmp_path: Path) -> None:
    """Entries come with another's content, go, come back and are corrected; in the end all is as if never."""
    chance = random.Random(seed)
    listed = chance.sample(entries(seed), 70)
    once = described(tmp_path / "once", [*listed], each=False)
    steps: list[tuple[str, str, Mapping[str, Any] | None]] = []
    for source, key, fields in listed:
        detour = chance.random()
        if detour < 0.3:
            steps.append((source, key, chance.choice([f for _, _, f in listed if f.get("kind") == fields.get("kind")])))
        elif detour < 0.5:
            steps += [(source, key, fields), (source, key, None)]
    chance.shuffle(steps)
    catalogue = Catalogue(tmp_path / "detours")
    catalogue.put(steps, each=True)
    chance.shuffle(listed)
    catalogue.put(listed, each=True)
    # A step may have put an entry and withdrawn it in the wrong order; whatever is not in the end list is gone.
    assert catalogue.picture() == once


def test_working_everything_out_anew_changes_nothing(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path / "ledger")
    chance = random.Random(7)
    listed = entries(0)
    chance.shuffle(listed)
    catalogue.put(listed, each=True)
    picture, digest = catalogue.picture(), catalogue.ledger.digest("entity")
    assert rework(catalogue.ledger) == 0
    assert catalogue.picture() == picture
    assert catalogue.ledger.digest("entity") == digest
