"""Read curated records from a Turtle file in the source's own folder.

Subjects are written as relative addresses, `<kulturhaus-beucha#it>` for the thing and `<kulturhaus-beucha#address>` for
a nested node; the part before `#` is the record's key. The lift resolves them against the registry's own base, so the
file names no host.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyoxigraph as ox

from harvesters.reading import Context, Item, RawRecord, SourceFailed, Unreadable

# Never an address: .invalid is reserved (RFC 2606). It only tells relative addresses from absolute ones after parsing.
_BASE = "https://records.invalid/"
_STRING = "http://www.w3.org/2001/XMLSchema#string"

Statement = dict[str, str]


def read(options: Mapping[str, Any], context: Context) -> Iterator[Item]:
    """One raw record per key, whose data is `{"statements": [statement, …]}` in a fixed order.

    A statement has `node` ("it", "address" …), `property` (an IRI), and one of: `text` with an optional `lang` or
    `datatype`; `link`, an IRI; `record`, the key of another record of this file; `part`, a node of the same record.

    Options: `file`, the path of the Turtle file.
    """
    if unknown := options.keys() - {"file"}:
        raise SourceFailed(f"the reader 'records-file' has no option '{min(unknown)}'; it knows only 'file'")
    if not isinstance(options.get("file"), str):
        raise SourceFailed("the reader 'records-file' needs the option 'file', a Turtle file beside source.toml")
    path = Path(options["file"])
    statements: dict[str, list[Statement]] = defaultdict(list)
    for triple in _triples(path):
        subject = _local(triple.subject)
        if subject is None:
            yield Unreadable(
                None,
                "a subject must look like <key#it>",
                str(triple.subject)[:200],
                "ein Subjekt muss die Form <key#it> haben",
            )
            continue
        key, node = subject
        value = _value(triple.object, key)
        if value is None:
            yield Unreadable(
                key,
                "blank nodes have no name that lasts; write <key#name> instead",
                str(triple)[:200],
                "leere Knoten haben keinen Namen, der bleibt; statt dessen <key#name> schreiben",
            )
            continue
        statements[key].append({"node": node, "property": triple.predicate.value, **value})
    for key in sorted(statements):
        yield RawRecord(key, {"statements": sorted(statements[key], key=lambda one: sorted(one.items()))})


def _triples(path: Path) -> Iterator[ox.Triple]:
    try:
        for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE, base_iri=_BASE):
            yield quad.triple
    except OSError as error:
        raise SourceFailed(f"{path.name} cannot be read: {error.strerror or error}") from None
    except SyntaxError as error:
        raise SourceFailed(f"{path.name} is not valid Turtle: {error}") from None


def _local(term: object) -> tuple[str, str] | None:
    """Key and node of a relative address, or None for anything else."""
    if not isinstance(term, ox.NamedNode) or not term.value.startswith(_BASE):
        return None
    key, _, node = term.value.removeprefix(_BASE).partition("#")
    return (unquote(key), unquote(node)) if key and node else None


def _value(term: object, key: str) -> Statement | None:
    if isinstance(term, ox.Literal):
        if term.language:
            return {"text": term.value, "lang": term.language}
        if term.datatype.value == _STRING:
            return {"text": term.value}
        return {"text": term.value, "datatype": term.datatype.value}
    if not isinstance(term, ox.NamedNode):
        return None
    local = _local(term)
    if local is None:
        return {"link": term.value}
    return {"part": local[1]} if local[0] == key else {"record": local[0]}
