"""The catalogue in the Vocabulary of Interlinked Datasets (VoID), with counts taken from the catalogue itself."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from registry import search
from registry.api.catalogue import Catalogue
from registry.dcat.manifest import read_manifest
from registry.formats import Description
from registry.search import Query
from registry.terms import DCT, FOAF, KINDS, TYPE, Namespace

VOID = Namespace("http://rdfs.org/ns/void#")
_VOCABULARIES = (
    "https://w3id.org/orte/ns#",
    "https://schema.org/",
    "http://www.w3.org/ns/prov#",
    "http://www.w3.org/2004/02/skos/core#",
    "http://www.opengis.net/ont/geosparql#",
)
_SYNTAXES = ("JSON-LD", "N-Triples", "RDF_XML", "TriG", "Turtle")


def void(catalogue: Catalogue, triples: int | None) -> Description:
    """Titles, licence, addresses and counts. ``triples`` is the size of the default graph, None when not known."""
    dataset = f"{catalogue.base}/.well-known/void#catalogue"
    return Description(dataset, _triples(catalogue, ox.NamedNode(dataset), triples))


def _triples(catalogue: Catalogue, dataset: ox.NamedNode, triples: int | None) -> Iterator[ox.Triple]:
    config, base = catalogue.config, catalogue.base
    document = ox.NamedNode(f"{base}/.well-known/void")
    yield ox.Triple(document, TYPE, VOID["DatasetDescription"])
    yield ox.Triple(document, FOAF["primaryTopic"], dataset)
    yield ox.Triple(dataset, TYPE, VOID["Dataset"])
    for language, title in sorted(config.title.items()):
        yield ox.Triple(dataset, DCT["title"], ox.Literal(title, language=language))
    yield ox.Triple(dataset, DCT["license"], ox.NamedNode(config.licence))
    yield ox.Triple(dataset, FOAF["homepage"], ox.NamedNode(f"{base}/"))
    yield ox.Triple(dataset, VOID["sparqlEndpoint"], ox.NamedNode(f"{base}/sparql"))
    yield ox.Triple(dataset, VOID["uriSpace"], ox.Literal(f"{base}/"))
    yield ox.Triple(dataset, VOID["rootResource"], ox.NamedNode(f"{base}/sites"))
    for vocabulary in _VOCABULARIES:
        yield ox.Triple(dataset, VOID["vocabulary"], ox.NamedNode(vocabulary))
    for syntax in _SYNTAXES:
        yield ox.Triple(dataset, VOID["feature"], ox.NamedNode(f"http://www.w3.org/ns/formats/{syntax}"))
    for file in read_manifest(config).of("catalogue"):
        yield ox.Triple(dataset, VOID["dataDump"], ox.NamedNode(f"{base}/dump/{file.name}"))
    if triples is not None:
        yield ox.Triple(dataset, VOID["triples"], ox.Literal(triples))
    yield from _counts(catalogue, dataset)


def _counts(catalogue: Catalogue, dataset: ox.NamedNode) -> Iterator[ox.Triple]:
    """Entities, and those of every class that has any."""
    with catalogue.snapshot() as ledger:
        found = [search.find(ledger.db, Query(kind=kind, limit=1), catalogue.bitmaps) for kind in KINDS]
    yield ox.Triple(dataset, VOID["entities"], ox.Literal(sum(page.total for page in found)))
    for page in found:
        if page.hits:
            yield ox.Triple(dataset, VOID["exampleResource"], ox.NamedNode(page.hits[0].iri))
        for one in page.facets.get("type", ()):
            part = ox.NamedNode(f"{dataset.value}-{one.value.rpartition('#')[2]}")
            yield ox.Triple(dataset, VOID["classPartition"], part)
            yield ox.Triple(part, VOID["class"], ox.NamedNode(one.value))
            yield ox.Triple(part, VOID["entities"], ox.Literal(one.count))
