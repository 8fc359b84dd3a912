"""The formats the registry writes: names, media types, suffixes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Format:
    """One way to write something down.

    ``name`` is also the suffix in addresses (``/site/x.ttl``) and the value of ``?format=``;
    ``media_type`` is what is sent; ``also`` are further media types that ask for the same bytes.
    """

    name: str
    media_type: str
    label: str
    also: tuple[str, ...] = ()

    @property
    def content_type(self) -> str:
        """The Content-Type header. JSON has no charset parameter (RFC 8259); XML carries its own declaration."""
        if self.media_type.startswith("text/"):
            return f"{self.media_type}; charset=utf-8"
        return self.media_type


JSONLD = Format("jsonld", "application/ld+json", "JSON-LD")
JSON = Format("json", "application/json", "JSON (JSON-LD)")
TURTLE = Format("ttl", "text/turtle", "Turtle", also=("application/x-turtle",))
NTRIPLES = Format("nt", "application/n-triples", "N-Triples")
RDFXML = Format("rdf", "application/rdf+xml", "RDF/XML")
TRIG = Format("trig", "application/trig", "TriG")
NQUADS = Format("nq", "application/n-quads", "N-Quads")
GEOJSON = Format("geojson", "application/geo+json", "GeoJSON")
CSV = Format("csv", "text/csv", "CSV")
HTML = Format("html", "text/html", "HTML", also=("application/xhtml+xml",))

#: Every format by its name. The order is what the server prefers when a client does not care.
BY_NAME = {f.name: f for f in (JSONLD, JSON, TURTLE, NTRIPLES, RDFXML, TRIG, NQUADS, GEOJSON, CSV, HTML)}

#: One thing (site, network, record, …) and a list of things can be had as these.
THING = (JSONLD, JSON, TURTLE, NTRIPLES, RDFXML, TRIG, GEOJSON, CSV, HTML)
#: A graph that is not about places: the ontology, the shapes, the sources.
GRAPH = (JSONLD, JSON, TURTLE, NTRIPLES, RDFXML, TRIG, HTML)


def address_in(address: str, format: Format) -> str:
    """The address of the same thing in a format: the suffix comes before any query."""
    path, mark, query = address.partition("?")
    return f"{path}.{format.name}{mark}{query}"
