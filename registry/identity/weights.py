"""The table of weights (weights.toml) as values."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

_TABLE: dict[str, Any] = tomllib.loads(
    files("registry.identity").joinpath("weights.toml").read_text(encoding="utf-8")
)  # fmt: skip

SAME: float = _TABLE["same"]
UNSURE: float = _TABLE["unsure"]


@dataclass(frozen=True)
class Weight:
    """Points of a sign, what it is about (name, place, id, web, phone, mail, kind), and how to say it; `{0}` and `{1}`
    are what was found. A sign that bars settles the matter."""

    points: float
    about: str
    de: str
    en: str
    bars: bool = False


WEIGHTS: Mapping[str, Weight] = {name: Weight(**row) for name, row in _TABLE["signs"].items()}
