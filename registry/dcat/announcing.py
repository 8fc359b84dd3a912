"""The feed of dataset descriptions: a change of a dataset, a service or the catalogue itself is one activity."""

from __future__ import annotations

import pyoxigraph as ox

from registry.config import Config
from registry.dcat.catalog import SERVICES, Catalog
from registry.dcat.dataset import Statements
from registry.ledger import Ledger, announcements
from registry.record import canonical
from registry.terms import DCAT, DCT, RDFS, TYPE

FEED = "dcat"
_RANGES = {
    DCT["language"]: DCT["LinguisticSystem"],
    DCT["format"]: DCT["MediaTypeOrExtent"],
    DCT["accessRights"]: DCT["RightsStatement"],
    DCT["accrualPeriodicity"]: DCT["Frequency"],
    DCAT["mediaType"]: DCT["MediaType"],
    DCAT["compressFormat"]: DCT["MediaType"],
    DCAT["accessURL"]: RDFS["Resource"],
    DCAT["downloadURL"]: RDFS["Resource"],
    DCAT["endpointURL"]: RDFS["Resource"],
    DCAT["endpointDescription"]: RDFS["Resource"],
}
"""What the shapes of DCAT-AP Feeds want to be told about each value, for an activity stands for itself."""


def announce(ledger: Ledger, config: Config) -> int:
    """Announce every description that differs from the one announced last; returns how many."""
    with ledger.transaction():
        return announcements.renew(ledger.db, FEED, descriptions(Catalog.read(ledger, config)), ledger.now())


def descriptions(catalog: Catalog) -> dict[str, str]:
    """Canonical N-Triples of every dataset, every service and the catalogue, by IRI; each stands for itself."""
    about = Statements()
    catalog.about(about)
    found = {f"{catalog.base}/catalog": _alone(about)}
    for name in SERVICES:
        found[f"{catalog.base}/catalog/{name}"] = _alone(catalog.service(name))
    for one in catalog.datasets:
        statements = catalog.dataset(one)
        catalog.contact(statements, one.iri)
        found[one.iri] = _alone(statements)
    return found


def _alone(statements: Statements) -> str:
    typed = [
        ox.Triple(one.object, TYPE, _RANGES[one.predicate])
        for one in statements
        if one.predicate in _RANGES and isinstance(one.object, ox.NamedNode)
    ]
    return canonical({*statements, *typed})
