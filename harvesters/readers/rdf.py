"""Read records from RDF: Turtle, TriG, N-Triples, N-Quads, RDF/XML, or JSON-LD with local contexts only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harvesters.readers.options import Options
from harvesters.readers.rdf_documents import Documents
from harvesters.readers.recording import Recording
from harvesters.readers.resources import Resources, TooTangled
from harvesters.reading import Context, Item, Unreadable

_MODIFIED = ("http://purl.org/dc/terms/modified", "https://schema.org/dateModified")
_LICENCE = ("http://purl.org/dc/terms/license", "https://schema.org/license")


def read(options: Mapping[str, Any], context: Context) -> Iterator[Item]:
    """One raw record per resource of the given classes; its data is the tree that `Resources.tree` makes.

    Options:
        url or file, headers, robots: where the document is.
        classes: IRIs of the types that are records; without them all resources are that have a type and an IRI and are
            no part (`#…`) of another one.
        syntax: turtle, n-triples, n-quads, trig, rdf-xml or json-ld, where neither media type nor name tells.
        base: what relative addresses are relative to; the document's own address unless given.
        embed: IRIs of properties whose objects belong into the record though they have IRIs of their own.
        contexts: table of JSON-LD contexts by address. No context is ever fetched.
        next: IRI of the property that links to the next page, such as http://www.w3.org/ns/hydra/core#next, or
            `header:Link`; max_pages: more is no list but a loop.
        key, page, modified, licence, withdrawn, leave_out: see `Recording`; places are IRIs of properties, and
            `@id` is the resource's IRI, less `key_prefix` where that is given.
    """
    settings = Options("rdf", options)
    recording = Recording.of(settings, key="@id", page="@page", modified="@modified", licence="@licence")
    key_prefix = settings.text("key_prefix", "") or ""
    classes = settings.texts("classes")
    resources = Resources(embed=frozenset(settings.texts("embed")))
    following = settings.text("next")
    documents = Documents.of(settings, context, next=(following,) if following else ())
    settings.done()
    yield from documents.into(resources)
    records = frozenset(resources.of_types(classes))
    for node in sorted(records):
        yield _record(node, resources, records, recording, key_prefix, documents.location.base)


def _record(
    node: str,
    resources: Resources,
    records: frozenset[str],
    recording: Recording,
    key_prefix: str,
    base: str | None,
) -> Item:
    facts = resources.facts(node)
    named = not node.startswith("_:")
    where = f"<{node}>" if named else f"a resource without an IRI ({', '.join(sorted(resources.types(node)))})"
    facts["@modified"] = next((facts[place] for place in _MODIFIED if place in facts), "")
    facts["@licence"] = next((facts[place] for place in _LICENCE if place in facts), "")
    if named:
        facts |= {"@id": node.removeprefix(key_prefix), "@page": node}
    try:
        tree = resources.tree(node, records)
    except TooTangled as error:
        return Unreadable(facts.get("@id"), f"{where} {error}", node)
    return recording.item(tree, facts=facts, base=base, where=where)
