"""The rules: one SPARQL query each in shapes/rules, which selects ?this and the grounds on which it does so."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

import pyoxigraph as ox

from registry.assets import shapes_dir
from registry.terms import CONCEPT, FN, ORTE, XSD

LIVING_MEMBERS, NEAR_STATION, PHASE_SINCE = ORTE["livingMembers"], ORTE["nearStation"], ORTE["phaseSince"]
"""Facts of the registry that rules may ask for besides what the catalogue says."""


@dataclass(frozen=True)
class Rule:
    """`name` is that of its file, and of the concept that says in German and English what it finds."""

    name: str
    query: str

    @property
    def concept(self) -> ox.NamedNode:
        return ox.NamedNode(f"{CONCEPT}rule/{self.name}")

    def apply(self, store: ox.Store, wanted: Collection[str], now: str) -> dict[str, list[str]]:
        """The grounds, sorted terms in N-Triples syntax, by each of the wanted entities that the rule selects.

        Every variable but ?this that has a value is a ground. `now` is what fn:now() is, in ISO 8601.
        """
        found: dict[str, set[str]] = {}
        moment = ox.Literal(now, datatype=XSD["dateTime"])
        solutions = store.query(self.query, custom_functions={FN["now"]: lambda: moment})
        assert isinstance(solutions, ox.QuerySolutions)
        names = [variable.value for variable in solutions.variables if variable.value != "this"]
        for solution in solutions:
            this = solution["this"]
            if isinstance(this, ox.NamedNode) and this.value in wanted:
                grounds = found.setdefault(this.value, set())
                grounds |= {str(term) for name in names if (term := solution[name]) is not None}
        return {iri: sorted(grounds) for iri, grounds in found.items()}


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """The rules that ship, by name."""
    return tuple(
        Rule(file.stem, file.read_text(encoding="utf-8")) for file in sorted((shapes_dir() / "rules").glob("*.rq"))
    )


def fingerprint() -> str:
    """Changes with any rule."""
    return hashlib.sha256("\0".join(f"{rule.name}\0{rule.query}" for rule in rules()).encode()).hexdigest()
