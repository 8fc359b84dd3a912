"""The facets: by what a list can be filtered and counted, and where the values come from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from registry.formats.description import RDF_TYPE, Description
from registry.terms import CONCEPT, ORTE, REGION, SCHEMA
from registry.vocabulary import Vocabulary


@dataclass(frozen=True)
class Facet:
    """One filter. ``prefix`` makes a short value (``operating``) an IRI; ``kind`` says that values are entities."""

    name: str
    prefix: str = ""
    kind: str | None = None

    def expand(self, value: str, base: str) -> str:
        """A value as people write it, as the IRI it stands for; sources are named by their id."""
        if ":" in value or self.name == "source":
            return value
        return f"{base}/{self.kind}/{value}" if self.kind else self.prefix + value

    def shorten(self, value: str, base: str) -> str:
        """The shortest form that ``expand`` turns into the same value."""
        prefix = f"{base}/{self.kind}/" if self.kind else self.prefix
        short = value.removeprefix(prefix)
        return value if ":" in short else short


FACETS = {
    facet.name: facet
    for facet in (
        Facet("type", ORTE),
        Facet("region", REGION),
        Facet("network", kind="network"),
        Facet("service", f"{CONCEPT}service/"),
        Facet("theme", f"{CONCEPT}theme/"),
        Facet("phase", f"{CONCEPT}phase/"),
        Facet("audience", f"{CONCEPT}audience/"),
        Facet("presence", f"{CONCEPT}presence/"),
        Facet("status", f"{CONCEPT}status/"),
        Facet("organisation-kind", f"{CONCEPT}organisation/"),
        Facet("operator", kind="organisation"),
        Facet("source"),
    )
}

_PREDICATES = {
    "region": (ORTE["region"].value, SCHEMA["areaServed"].value),
    "network": (SCHEMA["memberOf"].value,),
    "theme": (ORTE["theme"].value,),
    "phase": (ORTE["phase"].value,),
    "audience": (ORTE["audience"].value,),
    "presence": (ORTE["presence"].value,),
    "status": (ORTE["status"].value,),
    "organisation-kind": (ORTE["organisationKind"].value,),
    "operator": (ORTE["operatedBy"].value,),
}
_DERIVED_FROM = "http://www.w3.org/ns/prov#wasDerivedFrom"
_SOURCE = re.compile(r"/sources/([^/]+)/records/")


def values(description: Description, vocabulary: Vocabulary) -> set[tuple[str, str]]:
    """Facet and value pairs of an entity, broader concepts and classes included; services excepted (see index)."""
    found = set()
    for facet, predicates in _PREDICATES.items():
        for predicate in predicates:
            for iri in description.iris(predicate):
                found |= {(facet, broader) for broader in vocabulary.ancestors(iri)}
    for iri in description.iris(RDF_TYPE):
        found |= {("type", cls) for cls in vocabulary.ancestors(iri) if cls.startswith(ORTE)}
    for iri in description.iris(_DERIVED_FROM):
        if match := _SOURCE.search(iri):
            found.add(("source", match[1]))
    return found


def service_kinds(description: Description) -> set[str]:
    """Kinds of service that the description names anywhere: of itself, or of nodes nested in it."""
    predicate = ORTE["serviceKind"].value
    return {iri for subject in description.about for iri in description.iris(predicate, subject)}
