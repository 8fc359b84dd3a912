"""Which IRIs of the registry's own namespaces a file uses: ontology, concepts, regions and shapes."""

from __future__ import annotations

import ast
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox

ORTE = "https://w3id.org/orte/"
NAMESPACES = {
    "ORTE": f"{ORTE}ns#",
    "CONCEPT": f"{ORTE}concept/",
    "REGION": f"{ORTE}region/",
    "SHAPE": f"{ORTE}shapes#",
}
"""The namespaces whose terms must be defined, under the names that the code gives them."""

_OURS = re.compile(re.escape(ORTE) + r"(ns#|concept/|region/|shapes#)([\w-]*(?:/[\w-]*)?)(?=([^\w/-]|$))")
_PREFIX = re.compile(r"(?i)\bprefix\s+([\w-]*):\s*<([^>]*)>")
_QUOTED = re.compile(r'"""(?:\\.|[^\\])*?"""|"(?:\\.|[^"\\\n])*"' + r"|'(?:\\.|[^'\\\n])*'")
_CURIE = re.compile(r"(?<![\w:<?$/-])([\w-]+):([A-Za-z0-9](?:[\w-]|\\/)*)")
_COMMENT = re.compile(r"(?m)(?:^|\s)#[^\n]*$")


def used(file: Path) -> Iterator[str]:
    """Every IRI of ours that the file names in full; namespaces alone and names put together at run time are not."""
    readers = {".ttl": _turtle, ".rq": _sparql, ".jsonld": _context, ".py": _python}
    text = file.read_text(encoding="utf-8")
    yield from readers.get(file.suffix, _plain)(text)


def _turtle(text: str) -> Iterator[str]:
    for quad in ox.parse(text, ox.RdfFormat.TURTLE, base_iri="https://base.example/"):
        for term in (quad.subject, quad.predicate, quad.object):
            if isinstance(term, ox.NamedNode):
                yield from _ours(term.value)
            elif isinstance(term, ox.Literal):
                yield from _ours(term.value + " ")
                yield from _ours(term.datatype.value)


def _sparql(text: str) -> Iterator[str]:
    prefixes = {"orte": NAMESPACES["ORTE"], "concept": NAMESPACES["CONCEPT"], "region": NAMESPACES["REGION"]}
    prefixes |= dict(_PREFIX.findall(text))
    yield from _plain(text)
    bare = _COMMENT.sub("", _QUOTED.sub('""', _PREFIX.sub("", re.sub(r"<[^<>\s]*>", "<>", text))))
    for prefix, local in _CURIE.findall(bare):
        yield from _ours(prefixes.get(prefix, "") + local.replace("\\/", "/"))


def _context(text: str) -> Iterator[str]:
    terms = json.loads(text)["@context"]
    prefixes = {key: value for key, value in terms.items() if isinstance(value, str)}
    yield from _plain(text)
    for definition in terms.values():
        iri = definition.get("@id", "") if isinstance(definition, dict) else definition
        prefix, _, local = str(iri).partition(":")
        if not local.startswith("//"):
            yield from _ours(prefixes.get(prefix, "") + local)


def _python(text: str) -> Iterator[str]:
    """Full IRIs and orte: names in any string, ORTE["name"] and ORTE + "name", and {ORTE}name in f-strings."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Constant(value=str(value)):
                yield from _plain(value)
                for local in re.findall(r"(?<![\w:/-])orte:([A-Za-z]\w*)", value):
                    yield NAMESPACES["ORTE"] + local
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(local))) if name in NAMESPACES:
                yield from _ours(NAMESPACES[name] + local)
            case ast.BinOp(left=ast.Name(id=name), op=ast.Add(), right=ast.Constant(value=str(local))):
                if name in NAMESPACES:
                    yield from _ours(NAMESPACES[name] + local)
            case ast.JoinedStr(values=parts):
                for part, following in itertools.pairwise(parts):
                    match part, following:
                        case ast.FormattedValue(value=ast.Name(id=name)), ast.Constant(value=str(after)):
                            if name in NAMESPACES and (whole := re.match(r"[\w-]+(?:/[\w-]+)?(?=[^\w/-])", after)):
                                yield from _ours(NAMESPACES[name] + whole[0])
            case _:
                pass


def _plain(text: str) -> Iterator[str]:
    for match in _OURS.finditer(text):
        name = match[2].removesuffix("/")  # the namespace of a scheme names the scheme
        if name and (match[3] != "{" or name != match[2]):
            yield ORTE + match[1] + name


def _ours(iri: str) -> Iterator[str]:
    yield from _plain(iri)
