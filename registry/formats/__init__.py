"""How things are written: media types, content negotiation, and one writer for each format."""

from registry.formats.context import Context
from registry.formats.description import Description
from registry.formats.jsonld import document, node
from registry.formats.media import BY_NAME, Format, address_in
from registry.formats.negotiation import NotAcceptable, best, negotiate
from registry.formats.rdf import Unwritable, serialise, serialise_quads

__all__ = [
    "BY_NAME",
    "Context",
    "Description",
    "Format",
    "NotAcceptable",
    "Unwritable",
    "address_in",
    "best",
    "document",
    "negotiate",
    "node",
    "serialise",
    "serialise_quads",
]
