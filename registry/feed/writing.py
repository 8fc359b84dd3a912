"""Feeds written down: members by text from what the ledger stores, so that no page costs more than its bytes."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

import pyoxigraph as ox

from registry.feed.log import Member
from registry.feed.nodes import Node
from registry.formats import Format, Unwritable
from registry.formats.media import JSONLD, NQUADS, TRIG, TURTLE
from registry.terms import AS, DCT, LDES, ORTE, PROV, TREE, XSD

FORMATS = (TRIG, NQUADS, JSONLD, TURTLE)
"""What a feed is written in. Turtle knows no graphs: it carries root and index nodes, and members without payload."""

_PREFIXES: dict[str, str] = {
    "as": AS, "dct": DCT, "ldes": LDES, "orte": ORTE, "prov": PROV, "tree": TREE, "xsd": XSD,
}  # fmt: skip
_A = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"


def write(node: Node, format: Format) -> bytes:
    """One node of a feed.

    Raises:
        Unwritable: for a page with payloads in a format without graphs.
    """
    if format is TURTLE and any(member.payload is not None for member in node.members):
        raise Unwritable("Turtle has no graphs, and the versions on this page are in graphs of their own.")
    if format is JSONLD:
        quads = ox.parse(_nquads(node), ox.RdfFormat.N_QUADS)
        return ox.serialize(quads, format=ox.RdfFormat.JSON_LD, prefixes=_PREFIXES) or b""
    if format is NQUADS:
        return _nquads(node)
    return _head(node) + "".join(_trig(node)).encode()


def write_static(node: Node, base: str) -> bytes:
    """One node as TriG whose links to other nodes are relative and end in `.trig`: files for any web server."""
    folder = posixpath.dirname(node.address)
    link = re.compile(f"<({re.escape(base)}/feed/[^>#]+)>")

    def relative(match: re.Match[str]) -> str:
        return f"<{posixpath.relpath(match[1], folder)}.trig>"

    return link.sub(relative, _head(node).decode()).encode() + "".join(_trig(node)).encode()


def _head(node: Node) -> bytes:
    return ox.serialize(node.about, format=ox.RdfFormat.TURTLE, prefixes=_PREFIXES) or b""


def _nquads(node: Node) -> bytes:
    head = ox.serialize(node.about, format=ox.RdfFormat.N_TRIPLES) or b""
    return head + "".join(_lines(node)).encode()


def _lines(node: Node) -> Iterator[str]:
    for member in node.members:
        iri = f"<{member.iri}>"
        yield (
            f"<{node.stream}> <{TREE}member> {iri} .\n"
            f"{iri} {_A} <{AS}{member.type}> .\n"
            f"{iri} <{AS}object> <{member.object}> .\n"
            f'{iri} <{AS}published> "{member.published}"^^<{XSD}dateTime> .\n'
        )
        if not node.feed.plain:
            yield f'{iri} <{ORTE}sequence> "{member.sequence}"^^<{XSD}integer> .\n'
            if member.digest is not None:
                yield f'{iri} <{ORTE}digest> "{member.digest.hex()}" .\n'
            if member.origin is not None:
                yield f'{iri} <{ORTE}originSequence> "{member.origin}"^^<{XSD}integer> .\n'
            if member.winner is not None:
                yield f"{iri} <{ORTE}mergedInto> <{member.winner}> .\n"
            if member.run is not None:
                yield f"{iri} <{PROV}wasGeneratedBy> <{member.run}> .\n"
            if member.ends_run:
                yield f'{iri} <{ORTE}endsRun> "true"^^<{XSD}boolean> .\n'
        if member.payload is not None:
            yield member.payload.replace(" .\n", f" {iri} .\n")


def _trig(node: Node) -> Iterator[str]:
    for member in node.members:
        iri = f"<{member.iri}>"
        yield (
            f"<{node.stream}> tree:member {iri} .\n{iri} a as:{member.type} ;\n\tas:object <{member.object}> ;\n"
            f'\tas:published "{member.published}"^^xsd:dateTime{_more(node, member)} .\n'
        )
        if member.payload is not None:
            yield f"{iri} {{\n{member.payload}}}\n"


def _more(node: Node, member: Member) -> str:
    if node.feed.plain:
        return ""
    text = f" ;\n\torte:sequence {member.sequence}"
    if member.digest is not None:
        text += f' ;\n\torte:digest "{member.digest.hex()}"'
    if member.origin is not None:
        text += f" ;\n\torte:originSequence {member.origin}"
    if member.winner is not None:
        text += f" ;\n\torte:mergedInto <{member.winner}>"
    if member.run is not None:
        text += f" ;\n\tprov:wasGeneratedBy <{member.run}>"
    return text + (" ;\n\torte:endsRun true" if member.ends_run else "")
