"""The catalogue of datasets: everything at once, one per source, one per district; services and catalogue records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from registry.config import Config
from registry.dcat.codes import EU, LANGUAGE, THEMES, frequency
from registry.dcat.dataset import Box, Dataset, Live, Statements, agent, describe, moment
from registry.dcat.manifest import Manifest, read_manifest
from registry.ledger import Ledger, SourceState
from registry.terms import DCAT, DCATAP, DCT, FOAF, REGION, SKOS, TYPE, VCARD
from registry.vocabulary import vocabulary

PAGE_SIZE = 50
LDES_SPECIFICATION = "https://w3id.org/ldes/specification"
KEYWORDS = {
    "de": ("Coworking", "Kooperationsort", "Innovationsort", "Strukturwandel", "Mitteldeutschland", "Ländlicher Raum"),
    "en": ("coworking", "cooperation place", "innovation place", "structural change", "central Germany"),
}
_NAMES = {
    "jsonld": {"de": "JSON-LD über die API", "en": "JSON-LD by the API"},
    "geojson": {"de": "GeoJSON über die API", "en": "GeoJSON by the API"},
    "csv": {"de": "CSV über die API", "en": "CSV by the API"},
}
_FEED = {"de": "Änderungen als Feed (LDES)", "en": "Changes as a feed (LDES)"}


@dataclass(frozen=True)
class Catalog:
    """All dataset descriptions of a registry at one moment."""

    config: Config
    datasets: Sequence[Dataset]
    issued: str
    modified: str

    @classmethod
    def read(cls, ledger: Ledger, config: Config) -> Catalog:
        """Describe what the ledger holds and which dumps there are."""
        moments = ledger.db.execute("SELECT min(started) FROM run").fetchone()[0]
        issued = moments or "2026-01-01T00:00:00Z"
        modified = _latest(ledger, "stream = 'entity'") or issued
        manifest = read_manifest(config)
        states = ledger.sources()
        datasets = [
            _whole(config, states, manifest, issued, modified, _box(ledger, None)),
            *(_source(ledger, config, state, manifest, issued) for state in states),
            *(_district(ledger, config, states, ags, manifest, issued, modified) for ags in vocabulary().districts),
        ]
        return cls(config, datasets, issued, max([modified, *(one.modified for one in datasets)]))

    @property
    def base(self) -> str:
        return self.config.base_url

    def since(self, moment_: str) -> list[Dataset]:
        """The datasets modified at or after a moment (UTC, ISO 8601, or its beginning)."""
        return [one for one in self.datasets if one.modified >= moment_]

    def dataset(self, one: Dataset, de: bool = False) -> Statements:
        return describe(one, self.base, self.config.dcat_contributor, de)

    def triples(self, datasets: Sequence[Dataset], de: bool = False) -> Statements:
        """Catalogue, services, and the given datasets with their records."""
        say = Statements()
        self.about(say)
        for one in datasets:
            say.extend(self.dataset(one, de))
            say.say(f"{self.base}/catalog", DCAT["dataset"], ox.NamedNode(one.iri))
            record = f"{self.base}/catalog/{one.identifier}#record"
            say.say(f"{self.base}/catalog", DCAT["record"], ox.NamedNode(record))
            say.say(record, TYPE, DCAT["CatalogRecord"])
            say.say(record, FOAF["primaryTopic"], ox.NamedNode(one.iri))
            say.say(record, DCT["issued"], moment(one.issued))
            say.say(record, DCT["modified"], moment(one.modified))
            say.say(record, DCT["language"], ox.NamedNode(LANGUAGE))
        for name in SERVICES:
            say.extend(self.service(name, datasets))
            say.say(f"{self.base}/catalog", DCAT["service"], ox.NamedNode(f"{self.base}/catalog/{name}"))
        return Statements(dict.fromkeys(say))

    def about(self, say: Statements) -> None:
        """The catalogue itself, who publishes it and how to reach them."""
        iri, config = f"{self.base}/catalog", self.config
        say.say(iri, TYPE, DCAT["Catalog"])
        say.texts(iri, DCT["title"], config.title)
        say.texts(iri, DCT["description"], _ABOUT)
        self.contact(say, iri)
        say.say(iri, DCT["publisher"], ox.NamedNode(f"{iri}#publisher"))
        agent(say, f"{iri}#publisher", config.publisher, f"{self.base}/")
        say.document(iri, FOAF["homepage"], f"{self.base}/")
        say.licence(iri, config.licence)
        say.say(iri, DCT["language"], ox.NamedNode(LANGUAGE), ox.NamedNode(f"{EU}language/ENG"))
        say.say(iri, DCT["issued"], moment(self.issued))
        say.say(iri, DCT["modified"], moment(self.modified))
        say.say(iri, DCAT["themeTaxonomy"], ox.NamedNode(f"{EU}data-theme"))
        say.say(f"{EU}data-theme", TYPE, SKOS["ConceptScheme"])
        say.texts(f"{EU}data-theme", DCT["title"], {"de": "Datenthemen der EU", "en": "Data themes of the EU"})
        say.say(f"{iri}#terms", TYPE, DCT["LicenseDocument"])
        say.texts(f"{iri}#terms", DCT["title"], _TERMS)

    def contact(self, say: Statements, iri: str) -> None:
        contact = f"{self.base}/catalog#contact"
        say.say(iri, DCAT["contactPoint"], ox.NamedNode(contact))
        say.say(contact, TYPE, VCARD["Organization"], VCARD["Kind"])
        say.say(contact, VCARD["fn"], ox.Literal(self.config.publisher))
        reach = self.config.contact.removeprefix("mailto:")
        if "@" in reach and "/" not in reach:
            say.say(contact, VCARD["hasEmail"], ox.NamedNode(f"mailto:{reach}"))
        else:
            address = reach if reach.startswith(("http://", "https://")) else f"{self.base}/"
            say.say(contact, VCARD["hasURL"], ox.NamedNode(address))

    def service(self, name: str, datasets: Sequence[Dataset] | None = None) -> Statements:
        """A way to ask: `sparql`, `api` or `feeds`."""
        endpoint, described, standard, title, about = SERVICES[name]
        say, iri = Statements(), f"{self.base}/catalog/{name}"
        say.say(iri, TYPE, DCAT["DataService"])
        say.texts(iri, DCT["title"], title)
        say.texts(iri, DCT["description"], about)
        say.say(iri, DCT["identifier"], ox.Literal(name))
        say.say(iri, DCAT["endpointURL"], ox.NamedNode(self.base + endpoint))
        say.say(iri, DCAT["endpointDescription"], ox.NamedNode(self.base + described))
        say.standard(iri, standard)
        say.say(iri, DCT["publisher"], ox.NamedNode(f"{self.base}/catalog#publisher"))
        agent(say, f"{self.base}/catalog#publisher", self.config.publisher, f"{self.base}/")
        self.contact(say, iri)
        say.licence(iri, self.config.licence)
        say.say(iri, DCT["accessRights"], ox.NamedNode(f"{EU}access-right/PUBLIC"))
        say.say(iri, DCAT["theme"], *map(ox.NamedNode, THEMES))
        say.say(iri, DCATAP["availability"], ox.NamedNode(f"{EU}planned-availability/STABLE"))
        served = self.datasets if datasets is None else datasets
        say.say(iri, DCAT["servesDataset"], *(ox.NamedNode(one.iri) for one in served))
        say.document(iri, DCAT["landingPage"], f"{self.base}/docs")
        return say


_ABOUT = {
    "de": "Kooperations- und Innovationsorte, ihre Netzwerke, Angebote und Träger: zusammengeführt aus den Listen"
    " vieler Netzwerke, mit Herkunft und Lizenz jeder Angabe.",
    "en": "Cooperation and innovation places, their networks, services and operators: united from the lists of many"
    " networks, with origin and licence of every statement.",
}
_TERMS = {
    "de": "Jeder Datensatz trägt die Lizenz seiner Quelle (dct:license); was zusammenführt und beschreibt, ist CC0.",
    "en": "Every record carries the licence of its source (dct:license); what unites and describes them is CC0.",
}
SERVICES = {
    "sparql": (
        "/sparql",
        "/sparql",
        "https://www.w3.org/TR/sparql11-protocol/",
        {"de": "SPARQL-Endpunkt", "en": "SPARQL endpoint"},
        {"de": "Fragt den ganzen Katalog mit SPARQL 1.1.", "en": "Asks the whole catalogue in SPARQL 1.1."},
    ),
    "api": (
        "/",
        "/openapi.json",
        "https://spec.openapis.org/oas/v3.1.0",
        {"de": "JSON-LD-API", "en": "JSON-LD API"},
        {
            "de": "Listen mit Filtern und einzelne Orte in vielen Formaten.",
            "en": "Lists with filters, and single things.",
        },
    ),
    "feeds": (
        "/feed/catalogue",
        "/feed/catalogue",
        LDES_SPECIFICATION,
        {"de": "Feeds der Änderungen", "en": "Feeds of changes"},
        {"de": "Alle Änderungen mit Löschungen als LDES.", "en": "All changes, deletions included, as LDES."},
    ),
}
"""Endpoint, its description, the standard it conforms to, title and description of each data service."""


def _whole(
    config: Config, states: Sequence[SourceState], manifest: Manifest, issued: str, modified: str, box: Box | None
) -> Dataset:
    base = config.base_url
    districts = list(vocabulary().districts)
    return Dataset(
        iri=f"{base}/catalog/orte", identifier="orte", title=config.title, description=_ABOUT,
        landing=f"{base}/", publisher=f"{base}/catalog#publisher", publisher_name=config.publisher,
        licence=_licence(config, states), attribution=_attributions(states), frequency=frequency(86_400),
        issued=issued, modified=modified, keywords=KEYWORDS, provenance=_PROVENANCE,
        nuts=[_nuts(ags) for ags in districts], districts=districts, box=box, dumps=manifest.of("orte"),
        live=[
            *(_api(base, suffix, "") for suffix in ("jsonld", "geojson", "csv")),
            Live("feed", _FEED, f"{base}/feed/catalogue", "trig", None, f"{base}/catalog/feeds", LDES_SPECIFICATION),
        ],
        sources=[f"{base}/sources/{state.id}" for state in states], homepage=f"{base}/",
    )  # fmt: skip


def _source(ledger: Ledger, config: Config, state: SourceState, manifest: Manifest, issued: str) -> Dataset:
    base, about = config.base_url, state.description
    iri = f"{base}/sources/{state.id}"
    homepage = about.get("homepage") or iri
    title = about["title"]
    first = ledger.db.execute("SELECT min(started) FROM run WHERE source = ?", (state.id,)).fetchone()[0] or issued
    feed = f"{base}/feed/records/{state.id}"
    return Dataset(
        iri=iri, identifier=f"source-{state.id}", title=title,
        description={
            "de": f"Was die Quelle „{title['de']}“ über Orte, Netzwerke und Angebote sagt, Eintrag für Eintrag.",
            "en": f"What the source “{title['en']}” says about places, networks and services, entry by entry.",
        },
        landing=homepage, publisher=f"{iri}#publisher", publisher_name=about["publisher"],
        licence=about.get("licence"), attribution=about.get("attribution") or about["publisher"],
        frequency=frequency(int(about.get("every", 86_400))), issued=first,
        modified=_latest(ledger, "stream = 'record' AND source = ?", state.id) or first, keywords=KEYWORDS,
        provenance={
            "de": f"Gelesen aus {homepage}; was nicht gültig ist, bleibt außen vor.",
            "en": f"Read from {homepage}; what is not valid stays out.",
        },
        nuts=[_nuts(ags) for ags in vocabulary().districts], districts=list(vocabulary().districts),
        box=_box(ledger, None, state.id), dumps=manifest.of(f"sources/{state.id}"),
        live=[
            Live("feed", _FEED, feed, "trig", None, f"{base}/catalog/feeds", LDES_SPECIFICATION),
            *(_api(base, suffix, f"source={state.id}") for suffix in ("jsonld", "csv")),
        ],
        homepage=about.get("homepage"),
    )  # fmt: skip


def _district(
    ledger: Ledger, config: Config, states: Sequence[SourceState], ags: str, manifest: Manifest,
    issued: str, modified: str,
) -> Dataset:  # fmt: skip
    base, words = config.base_url, vocabulary()
    iri = words.districts[ags]
    names = {language: words.label(iri, language) or ags for language in ("de", "en")}
    dumps = manifest.of(f"regions/{ags}")
    return Dataset(
        iri=f"{base}/catalog/region-{ags}", identifier=f"region-{ags}",
        title={
            "de": f"Kooperations- und Innovationsorte: {names['de']}",
            "en": f"Cooperation and innovation places: {names['en']}",
        },
        description={
            "de": f"Der Teil des Katalogs, der in {names['de']} liegt. {_ABOUT['de']}",
            "en": f"The part of the catalogue that lies in {names['en']}. {_ABOUT['en']}",
        },
        landing=f"{base}/sites?region={ags}", publisher=f"{base}/catalog#publisher", publisher_name=config.publisher,
        licence=_licence(config, states), attribution=_attributions(states), frequency=frequency(86_400),
        issued=issued, modified=max((file.modified for file in dumps), default=modified), keywords=KEYWORDS,
        provenance=_PROVENANCE, nuts=[_nuts(ags)], districts=[ags], box=_box(ledger, ags), dumps=dumps,
        live=[_api(base, suffix, f"region={ags}") for suffix in ("jsonld", "geojson", "csv")],
        sources=[f"{base}/sources/{state.id}" for state in states], homepage=f"{base}/",
    )  # fmt: skip


_PROVENANCE = {
    "de": "Aus den Datensätzen vieler Quellen zusammengeführt; jede Angabe führt zu der Quelle, von der sie stammt.",
    "en": "United from the records of many sources; every statement leads to the source it comes from.",
}


def _api(base: str, suffix: str, query: str) -> Live:
    address = f"{base}/sites.{suffix}" + (f"?{query}" if query else "")
    return Live(suffix, _NAMES[suffix], address, suffix, None, f"{base}/catalog/api")


def _licence(config: Config, states: Sequence[SourceState]) -> str | None:
    """The one licence of all sources, else the terms that say that every record carries its own."""
    found = {state.description.get("licence") for state in states if state.live}
    if len(found) == 1:
        return str(only) if (only := found.pop()) else None
    return f"{config.base_url}/catalog#terms" if found else config.licence


def _attributions(states: Sequence[SourceState]) -> str | None:
    names = [state.description.get("attribution") or state.description["publisher"] for state in states if state.live]
    return "; ".join(dict.fromkeys(names)) or None


def _nuts(ags: str) -> str:
    about = vocabulary().about(f"{REGION}{ags}")
    return next(
        t.object.value for t in about if t.predicate.value.endswith("#nuts") and isinstance(t.object, ox.Literal)
    )


def _latest(ledger: Ledger, where: str, *values: str) -> str | None:
    row = ledger.db.execute(
        f"SELECT published FROM activity WHERE {where} ORDER BY sequence DESC LIMIT 1", values
    ).fetchone()
    return str(row[0]) if row else None


def _box(ledger: Ledger, ags: str | None, source: str | None = None) -> Box | None:
    """The extent of the places of a district or source, from the search view; None when there are none."""
    if not ledger.db.execute("SELECT 1 FROM sqlite_master WHERE name = 'search_entity'").fetchone():
        return None
    facet, value = ("region", f"{REGION}{ags}") if ags else ("source", source)
    where = (
        "WHERE id IN (SELECT f.entity FROM search_facet f JOIN search_value v ON v.id = f.value"
        " WHERE v.facet = ? AND v.value = ?)"
    )
    row = ledger.db.execute(
        "SELECT min(longitude), min(latitude), max(longitude), max(latitude) FROM search_entity "
        + (where if value else ""),
        (facet, value) if value else (),
    ).fetchone()
    return Box(*row) if row[0] is not None else None
