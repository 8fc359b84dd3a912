"""Plain schema.org, as search engines read it: what of a description schema.org has words for, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from registry.formats.description import Description
from registry.terms import CONCEPT, ORTE, REGION, SCHEMA

CONTEXT = "https://schema.org/"

Names = Mapping[str, str]
"""Names of other things by IRI: entities, regions."""

_SITES = {ORTE["Site"].value, ORTE["CooperationSite"].value, ORTE["InnovationSite"].value}
_ORGANISATIONS = {
    "municipal": "GovernmentOrganization",
    "civil-society": "NGO",
    "company": "Corporation",
    "university": "CollegeOrUniversity",
}
_DAY = "(?:Mo|Tu|We|Th|Fr|Sa|Su)"
_TIME = r"\d\d:\d\d-\d\d:\d\d"
# The part of the OpenStreetMap syntax that schema.org shares.
_HOURS = re.compile(rf"{_DAY}(?:[-,]{_DAY})*\s+{_TIME}(?:\s*,\s*{_TIME})*")
_NUMBER = re.compile(r"[0-9]{1,18}")  # that JSON readers take for one: 64 bits
_ADDRESS = ("streetAddress", "postalCode", "addressLocality", "addressRegion", "addressCountry")


def document(description: Description, names: Names, language: str = "de") -> dict[str, Any]:
    """One thing as a JSON-LD document with the context of schema.org.

    Texts are in one language where they have several. What schema.org has no word for (phase, audience, presence …)
    is left out, as is what nobody has said.
    """
    return {"@context": CONTEXT, **node(description, names, language)}


def node(description: Description, names: Names, language: str = "de") -> dict[str, Any]:
    """The same without ``@context``, as a member of a list."""
    writer = _Writer(description, names, language)
    writer.common()
    types = set(description.types)
    if types & _SITES:
        writer.site()
    elif ORTE["Service"].value in types:
        writer.service()
    elif ORTE["Network"].value in types:
        writer.network()
    elif ORTE["Organisation"].value in types:
        writer.organisation()
    else:
        writer.found["@type"] = "Thing"
    return {key: value for key, value in writer.found.items() if value not in (None, [], {})}


def related(description: Description) -> set[str]:
    """IRIs of other things whose names the document would like to have."""
    wanted = set()
    for predicate in (ORTE["offers"], ORTE["operatedBy"], ORTE["partOf"], ORTE["region"]):
        wanted |= set(description.iris(predicate.value))
    for name in ("memberOf", "areaServed", "provider"):
        wanted |= set(description.iris(SCHEMA[name].value))
    return wanted


class _Writer:
    def __init__(self, description: Description, names: Names, language: str) -> None:
        self.about = description
        self.names = names
        self.language = language
        self.found: dict[str, Any] = {"@type": None, "@id": description.root}

    def common(self) -> None:
        for name in ("name", "description", "telephone", "email"):
            self.found[name] = self.text(name)
        self.found["description"] = self.found["description"] or self.text("abstract")
        self.found["alternateName"] = _one(self.about.texts(SCHEMA["alternateName"].value))
        self.found["keywords"] = ", ".join(dict.fromkeys(self.about.texts(SCHEMA["keywords"].value)))
        self.found["keywords"] = self.found["keywords"] or None
        for name in ("url", "image", "sameAs"):
            self.found[name] = _one([iri for iri in self.about.iris(SCHEMA[name].value) if _on_the_web(iri)])
        self.found["address"] = self.address()

    def site(self) -> None:
        presence = self.about.iris(ORTE["presence"].value)
        virtual = f"{CONCEPT}presence/virtual" in presence
        self.found["@type"] = "Organization" if virtual else "LocalBusiness"
        self.found["foundingDate"] = self.text("foundingDate")
        self.found["memberOf"] = self.others(SCHEMA["memberOf"].value, "Organization")
        self.found["parentOrganization"] = _one(self.others(ORTE["operatedBy"].value, "Organization"))
        self.found["makesOffer"] = [
            {"@type": "Offer", "itemOffered": service} for service in self.others(ORTE["offers"].value, "Service")
        ]
        if virtual:
            return
        self.found["geo"] = self.position()
        self.found["openingHours"] = self.hours()
        capacity = self.text("maximumAttendeeCapacity")
        self.found["maximumAttendeeCapacity"] = int(capacity) if capacity and _NUMBER.fullmatch(capacity) else None
        self.found["containedInPlace"] = _one(
            [*self.others(ORTE["partOf"].value, "Place"), *self.others(ORTE["region"].value, "AdministrativeArea")]
        )

    def service(self) -> None:
        self.found["@type"] = "Service"
        kinds = [iri.rpartition("/")[2] for iri in self.about.iris(ORTE["serviceKind"].value)]
        self.found["serviceType"] = _one([self.names.get(f"{CONCEPT}service/{kind}", kind) for kind in kinds])
        self.found["provider"] = _one(self.others(SCHEMA["provider"].value, "Organization"))
        self.found["offers"] = _one(
            [offer for iri in self.about.iris(SCHEMA["offers"].value) if (offer := self.offer(iri))]
        )
        self.found["potentialAction"] = _one(
            [
                {"@type": "ReserveAction", "target": target}
                for iri in self.about.iris(SCHEMA["potentialAction"].value)
                for target in self.about.iris(SCHEMA["target"].value, iri)
                if _on_the_web(target)
            ]
        )

    def network(self) -> None:
        self.found["@type"] = "Organization"
        self.found["foundingDate"] = self.text("startDate")
        self.found["dissolutionDate"] = self.text("endDate")
        self.found["areaServed"] = _one(self.others(SCHEMA["areaServed"].value, "AdministrativeArea"))
        self.found["memberOf"] = self.others(SCHEMA["memberOf"].value, "Organization")
        self.found["parentOrganization"] = _one(self.others(ORTE["operatedBy"].value, "Organization"))

    def organisation(self) -> None:
        kinds = [iri.rpartition("/")[2] for iri in self.about.iris(ORTE["organisationKind"].value)]
        self.found["@type"] = next((_ORGANISATIONS[kind] for kind in kinds if kind in _ORGANISATIONS), "Organization")

    def text(self, name: str, subject: str | None = None) -> str | None:
        return self.about.text(SCHEMA[name].value, self.language, subject)

    def address(self) -> dict[str, Any] | None:
        for iri in self.about.iris(SCHEMA["address"].value):
            found = {name: text for name in _ADDRESS if (text := self.text(name, iri))}
            if found:
                return {"@type": "PostalAddress", **found}
        return None

    def position(self) -> dict[str, Any] | None:
        for iri in self.about.iris(SCHEMA["geo"].value):
            latitude, longitude = self.text("latitude", iri), self.text("longitude", iri)
            try:
                place = {"latitude": float(latitude or ""), "longitude": float(longitude or "")}
            except ValueError:
                continue
            return {"@type": "GeoCoordinates", **place}
        return None

    def hours(self) -> Any:
        parts = [part.strip() for text in self.about.texts(SCHEMA["openingHours"].value) for part in text.split(";")]
        if not all(_HOURS.fullmatch(part) for part in parts):
            return None  # half of the opening hours would be wrong ones
        return _one([re.sub(r"\s*,\s*(?=\d)", ",", part) for part in parts])

    def offer(self, iri: str) -> dict[str, Any] | None:
        found: dict[str, Any] = {"@type": "Offer"}
        for name in ("price", "priceCurrency", "description"):
            if text := self.text(name, iri):
                found[name] = text
        return found if len(found) > 1 else None

    def others(self, predicate: str, type_: str) -> list[dict[str, Any]]:
        found = []
        for iri in self.about.iris(predicate):
            other = {"@type": type_, "@id": iri}
            if name := self.names.get(iri):
                other["name"] = name
            elif iri.startswith(REGION):
                other["name"] = iri.removeprefix(REGION)
            found.append(other)
        return found


def _one(values: list[Any]) -> Any:
    """A single value without a list around it, as schema.org's examples have it; None for none."""
    return values if len(values) > 1 else values[0] if values else None


def _on_the_web(iri: str) -> bool:
    return iri.startswith(("https://", "http://"))
