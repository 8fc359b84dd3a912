"""Run the parser in a process of its own, with limits, and take only plain N-Quads back.

Measured on pyoxigraph 0.5.13: nested triple terms segfault its Turtle and N-Quads parsers, JSON-LD does so at 20,000
levels, deeply nested RDF/XML takes quadratic time, and an entity bomb of a few hundred bytes asks for gigabytes.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pyoxigraph as ox

from harvesters.fetch.decoding import decode
from harvesters.fetch.depth import MAX_DEPTH, deeper_than
from harvesters.untrusted.contexts import ContextRefused, with_local_contexts

_WORKER = Path(__file__).with_name("worker.py")

SYNTAXES: Mapping[str, ox.RdfFormat] = {
    "turtle": ox.RdfFormat.TURTLE,
    "n-triples": ox.RdfFormat.N_TRIPLES,
    "n-quads": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "rdf-xml": ox.RdfFormat.RDF_XML,
    "json-ld": ox.RdfFormat.JSON_LD,
}
"""The syntaxes that are read, by the names that settings use."""

_BY_MEDIA_TYPE = {
    "text/turtle": "turtle",
    "application/x-turtle": "turtle",
    "text/n3": "turtle",
    "application/n-triples": "n-triples",
    "application/n-quads": "n-quads",
    "application/trig": "trig",
    "application/rdf+xml": "rdf-xml",
    "application/ld+json": "json-ld",
}
_BY_SUFFIX = {
    ".ttl": "turtle",
    ".nt": "n-triples",
    ".nq": "n-quads",
    ".trig": "trig",
    ".rdf": "rdf-xml",
    ".owl": "rdf-xml",
    ".xml": "rdf-xml",
    ".jsonld": "json-ld",
    ".json": "json-ld",
}
_SELF_DECLARING = ("rdf-xml", "json-ld")


class UnparsableRdf(Exception):
    """Why a document was not read, as the end of a sentence that begins with its address."""


def syntax_of(media_type: str, name: str) -> str | None:
    """The syntax by media type, else by the ending of a file name or address; `None` when neither tells.

    Servers that know no RDF say text/plain, application/json or application/xml; then the name decides first.
    """
    path = re.split(r"[?#]", name, maxsplit=1)[0].lower()
    by_name = next((syntax for suffix, syntax in _BY_SUFFIX.items() if path.endswith(suffix)), None)
    generic = {"application/json": "json-ld", "application/xml": "rdf-xml", "text/xml": "rdf-xml"}.get(media_type)
    return _BY_MEDIA_TYPE.get(media_type) or by_name or generic


def parse(
    content: bytes | str,
    syntax: str,
    *,
    base_iri: str,
    contexts: Mapping[str, Any] | None = None,
    lenient: bool = False,
    seconds: float = 60.0,
    max_quads: int = 2_000_000,
) -> list[ox.Quad]:
    """The quads of a document in one of `SYNTAXES`; blank nodes keep their labels. A text is decoded already.

    `contexts` are JSON-LD contexts by address, besides our own table; every other remote one is refused.
    `lenient` lets malformed IRIs and language tags through instead of refusing the whole document.
    Raises `UnparsableRdf`.
    """
    text = content if isinstance(content, str) else decode(content, None if syntax in _SELF_DECLARING else "utf-8").text
    if syntax == "json-ld":
        checked = _checked_json_ld(text, contexts or {})
    elif syntax == "rdf-xml":
        checked = _checked_xml(text)
    else:
        checked = text.encode()
    answer = _in_a_process(checked, syntax, base_iri=base_iri, lenient=lenient, seconds=seconds, max_quads=max_quads)
    # What comes back is the worker's own N-Quads: no triple terms, no nesting, nothing a stranger wrote as syntax.
    return list(ox.parse(answer, format=ox.RdfFormat.N_QUADS, lenient=True))


def _checked_json_ld(text: str, contexts: Mapping[str, Any]) -> bytes:
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if "depth" in error.msg:
            raise UnparsableRdf(f"is nested deeper than {MAX_DEPTH} levels.") from None
        raise UnparsableRdf(f"is not JSON-LD: {error.msg} (line {error.lineno}, column {error.colno}).") from None
    except RecursionError:
        raise UnparsableRdf(f"is nested deeper than {MAX_DEPTH} levels.") from None
    if deeper_than(document, MAX_DEPTH):
        raise UnparsableRdf(f"is nested deeper than {MAX_DEPTH} levels.")
    try:
        return orjson.dumps(with_local_contexts(document, contexts))
    except ContextRefused as error:
        raise UnparsableRdf(str(error)) from None


def _checked_xml(text: str) -> bytes:
    if re.search(r"<!\s*(ENTITY|DOCTYPE[^>]*\[)", text, re.IGNORECASE):
        raise UnparsableRdf("declares XML entities, which are not read; write the characters and addresses out.")
    return re.sub(r"\A\s*<\?xml[^>]*\?>", "", text).encode()


def _in_a_process(
    content: bytes, syntax: str, *, base_iri: str, lenient: bool, seconds: float, max_quads: int
) -> bytes:
    command = [sys.executable, "-P", str(_WORKER), syntax, base_iri, str(int(lenient)), str(max_quads), str(seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as worker:
        try:
            answer, complaint = worker.communicate(content, timeout=seconds)
        except subprocess.TimeoutExpired:
            worker.kill()
            raise UnparsableRdf(f"could not be parsed within {seconds:g} s and was left.") from None
        except BaseException:
            worker.kill()
            raise
    if worker.returncode == 0:
        return answer
    if worker.returncode == 2:
        raise UnparsableRdf(" ".join(complaint.decode("utf-8", "replace").split()))
    raise UnparsableRdf("made the parser fail and was left; it is too large, too deeply nested or made to do harm.")
