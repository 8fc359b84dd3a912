"""The SPARQL 1.1 Service Description of the endpoint."""

from __future__ import annotations

from collections.abc import Sequence

import pyoxigraph as ox

from registry.formats import Description, Format
from registry.terms import TYPE

SD = "http://www.w3.org/ns/sparql-service-description#"
FORMATS = "http://www.w3.org/ns/formats/"
#: W3C's names of the formats, by ours.
_NAMES = {
    "json": "SPARQL_Results_JSON",
    "xml": "SPARQL_Results_XML",
    "csv": "SPARQL_Results_CSV",
    "tsv": "SPARQL_Results_TSV",
    "turtle": "Turtle",
    "ntriples": "N-Triples",
    "jsonld": "JSON-LD",
    "rdfxml": "RDF_XML",
    "trig": "TriG",
    "nquads": "N-Quads",
}


GEOF = "http://www.opengis.net/def/function/geosparql/"
#: GeoSPARQL functions that the engine evaluates; the rest of GeoSPARQL (buffer, boundary, area of polygons, query
#: rewriting) it does not.
FUNCTIONS = (
    "asGeoJSON", "convexHull", "distance", "ehContains", "ehCoveredBy", "ehCovers", "ehDisjoint", "ehEquals",
    "ehInside", "ehMeet", "ehOverlap", "envelope", "getSRID", "rcc8dc", "rcc8ec", "rcc8eq", "rcc8ntpp", "rcc8ntppi",
    "rcc8po", "rcc8tpp", "rcc8tppi", "relate", "sfContains", "sfCrosses", "sfDisjoint", "sfEquals", "sfIntersects",
    "sfOverlaps", "sfTouches", "sfWithin",
)  # fmt: skip


def service_description(base: str, formats: Sequence[Format]) -> Description:
    """What the endpoint understands and answers, and which graphs there are."""
    endpoint = ox.NamedNode(f"{base}/sparql")
    dataset, default = ox.NamedNode(f"{base}/sparql#dataset"), ox.NamedNode(f"{base}/sparql#default-graph")
    triples = [
        ox.Triple(endpoint, TYPE, _sd("Service")),
        ox.Triple(endpoint, _sd("endpoint"), endpoint),
        ox.Triple(endpoint, _sd("supportedLanguage"), _sd("SPARQL10Query")),
        ox.Triple(endpoint, _sd("supportedLanguage"), _sd("SPARQL11Query")),
        ox.Triple(endpoint, _sd("defaultDataset"), dataset),
        *(
            ox.Triple(endpoint, _sd("resultFormat"), ox.NamedNode(FORMATS + _NAMES[format.name]))
            for format in formats
            if format.name in _NAMES
        ),
        ox.Triple(dataset, TYPE, _sd("Dataset")),
        ox.Triple(dataset, _sd("defaultGraph"), default),
        ox.Triple(default, TYPE, _sd("Graph")),
    ]
    triples += [ox.Triple(endpoint, _sd("extensionFunction"), ox.NamedNode(GEOF + name)) for name in FUNCTIONS]
    for name in ("vocabulary", "coverage"):
        graph = ox.NamedNode(f"{base}/sparql#{name}")
        triples += [
            ox.Triple(dataset, _sd("namedGraph"), graph),
            ox.Triple(graph, TYPE, _sd("NamedGraph")),
            ox.Triple(graph, _sd("name"), ox.NamedNode(f"{base}/graph/{name}")),
        ]
    return Description(endpoint.value, triples)


def _sd(name: str) -> ox.NamedNode:
    return ox.NamedNode(SD + name)
