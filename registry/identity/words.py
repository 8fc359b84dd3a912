"""The words that names are made of, read from words.toml."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from importlib.resources import files
from typing import Any

_SPELT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "å": "aa", "ł": "l"})


def fold(text: str) -> str:
    """Small letters without diacritics, umlauts spelt out: the form in which everything is compared."""
    line = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", text).lower().translate(_SPELT))
    return "".join(char for char in line if not unicodedata.combining(char))


class Words:
    """Roles, weights, spellings and opposites of words, folded (small letters, ae oe ue ss)."""

    def __init__(self, table: dict[str, Any]) -> None:
        classes = table["classes"]
        self.weight: dict[str, float] = table["weight"]
        self.inside = frozenset(classes["inside"].split())
        self.including = frozenset(classes["with"].split())
        self.areas = frozenset(classes["area"].split())
        self.towns = frozenset(classes["town"].split())
        self.cities = frozenset(classes["city"].split())
        self.place_stop = frozenset(classes["place_stop"].split())
        self.quarters = frozenset(classes["quarter"].split())
        self.streets = frozenset(classes["street"].split())
        self.opposites = frozenset(
            (one, two)
            for pair in table["opposites"]["pairs"].replace("\n", "|").split("|")
            if len(names := pair.split()) == 2
            for one, two in (names, reversed(names))
        )
        self.platforms = frozenset(table["web"]["platforms"].split())
        self.free_mail = frozenset(table["web"]["free_mail"].split())
        self._roles: dict[str, tuple[str, int]] = {}
        for family, line in enumerate(classes["use"].strip().splitlines()):
            self._roles |= dict.fromkeys(line.split(), ("use", family))
        for role in ("area", "label", "adjective", "holder", "house", "building", "stop"):
            self._roles |= dict.fromkeys(classes[role].split(), (role, -1))
        self._plain = frozenset(table["endings"]["plain"].split())
        self._endings = [
            (ending, role)
            for role in ("use", "house", "holder")
            for ending in sorted(table["endings"][role].split(), key=len)
        ]
        spellings: dict[str, str] = table["spellings"]
        self._spelling = re.compile(
            r"(?<!\w)(?:" + "|".join(map(re.escape, sorted(spellings, key=len, reverse=True))) + r")(?!\w)"
        )
        self._spellings = spellings

    def role(self, word: str) -> tuple[str, int]:
        """Class of a word and its family; -2 stands for a compound that only ends like one of a class."""
        if (known := self._roles.get(word)) is not None:
            return known
        for ending, role in self._endings:
            if word.endswith(ending) and len(word) >= len(ending) + 3:
                start = word.removesuffix(ending)
                return role, -1 if start in self._plain or start.removesuffix("s") in self._plain else -2
        return "word", -1

    def spell(self, line: str) -> str:
        """The line with hyphens as gaps and every spelling in its one form."""
        return self._spelling.sub(lambda match: self._spellings[match.group()], re.sub(r"(?<=\w)-(?=\w)", " ", line))


WORDS = Words(tomllib.loads(files("registry.identity").joinpath("words.toml").read_text(encoding="utf-8")))
