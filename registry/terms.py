"""The vocabularies the registry speaks: namespaces and the terms its code needs."""

from __future__ import annotations

from functools import lru_cache

from pyoxigraph import NamedNode


class Namespace(str):
    """A namespace IRI; `ns["name"]` is the term's node."""

    __slots__ = ()

    def __getitem__(self, name: object) -> NamedNode:  # type: ignore[override]
        return _node(self, name)


@lru_cache(maxsize=4096)
def _node(namespace: str, name: object) -> NamedNode:
    """Asked for a few terms again and again, for each thing that is read."""
    return NamedNode(f"{namespace}{name}")


ORTE = Namespace("https://w3id.org/orte/ns#")
CONCEPT = Namespace("https://w3id.org/orte/concept/")
REGION = Namespace("https://w3id.org/orte/region/")
FN = Namespace("https://w3id.org/orte/fn#")
"""Cleaning functions; as the rule of a finding, the one that could not use a value or had to repair it."""
FINDING = Namespace("https://w3id.org/orte/finding#")
"""What is wrong with an entry that the shapes never saw: it could not be read, lifted, made a record, or checked."""
SCHEMA = Namespace("https://schema.org/")
RDF = Namespace("http://www.w3.org/1999/02/22-rdf-syntax-ns#")
RDFS = Namespace("http://www.w3.org/2000/01/rdf-schema#")
OWL = Namespace("http://www.w3.org/2002/07/owl#")
XSD = Namespace("http://www.w3.org/2001/XMLSchema#")
SKOS = Namespace("http://www.w3.org/2004/02/skos/core#")
ORG = Namespace("http://www.w3.org/ns/org#")
PROV = Namespace("http://www.w3.org/ns/prov#")
DCAT = Namespace("http://www.w3.org/ns/dcat#")
DCT = Namespace("http://purl.org/dc/terms/")
FOAF = Namespace("http://xmlns.com/foaf/0.1/")
GEO = Namespace("http://www.opengis.net/ont/geosparql#")
DQV = Namespace("http://www.w3.org/ns/dqv#")
SH = Namespace("http://www.w3.org/ns/shacl#")
AS = Namespace("https://www.w3.org/ns/activitystreams#")
HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
SPDX = Namespace("http://spdx.org/rdf/terms#")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
DCATAP = Namespace("http://data.europa.eu/r5r/")
DCATDE = Namespace("http://dcat-ap.de/def/dcatde/")
LDES = Namespace("https://w3id.org/ldes#")
TREE = Namespace("https://w3id.org/tree#")
QB = Namespace("http://purl.org/linked-data/cube#")

PREFIXES: dict[str, str] = {
    "orte": ORTE,
    "concept": CONCEPT,
    "region": REGION,
    "schema": SCHEMA,
    "rdf": RDF,
    "rdfs": RDFS,
    "owl": OWL,
    "xsd": XSD,
    "skos": SKOS,
    "org": ORG,
    "prov": PROV,
    "dcat": DCAT,
    "dct": DCT,
    "foaf": FOAF,
    "geo": GEO,
    "sh": SH,
    "dqv": DQV,
    "as": AS,
    "hydra": HYDRA,
    "qb": QB,
}
"""Prefixes of every Turtle answer, and those a SPARQL query may use without declaring them."""

TYPE = RDF["type"]

KINDS: dict[str, NamedNode] = {
    "site": ORTE["Site"],
    "network": ORTE["Network"],
    "service": ORTE["Service"],
    "organisation": ORTE["Organisation"],
}
"""The four kinds of entity; the key is also the first part of the entity's address."""

KIND_OF: dict[str, str] = {
    str(ORTE["Site"].value): "site",
    str(ORTE["CooperationSite"].value): "site",
    str(ORTE["InnovationSite"].value): "site",
    str(ORTE["Network"].value): "network",
    str(ORTE["Service"].value): "service",
    str(ORTE["Organisation"].value): "organisation",
}
"""Kind of entity by the class that a record gives its thing."""
