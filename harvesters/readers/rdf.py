"""Read records from RDF: Turtle, TriG, N-Triples, N-Quads, RDF/XML, or JSON-LD with local contexts only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import pyoxigraph as ox

from harvesters.fetch import BadContent, Response
from harvesters.readers.document import Location
from harvesters.readers.options import Options
from harvesters.readers.recording import Recording
from harvesters.readers.resources import Resources, TooTangled
from harvesters.reading import Context, Item, Partial, SourceFailed, Unreadable
from harvesters.untrusted import SYNTAXES, UnparsableRdf, parse, syntax_of

ACCEPT = (
    "text/turtle, application/n-triples, application/n-quads, application/trig, "
    "application/ld+json;q=0.9, application/rdf+xml;q=0.8, */*;q=0.1"
)
_MODIFIED = ("http://purl.org/dc/terms/modified", "https://schema.org/dateModified")
_LICENCE = ("http://purl.org/dc/terms/license", "https://schema.org/license")
_NOWHERE = "https://source.invalid/"  # RFC 2606: what relative addresses in a file without a base become


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
    documents = _Documents.of(settings, context)
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


@dataclass(frozen=True)
class _Documents:
    """One document, or a chain of pages."""

    context: Context
    location: Location
    syntax: str | None
    base: str | None
    contexts: Mapping[str, Any]
    next: str | None
    max_pages: int

    @classmethod
    def of(cls, options: Options, context: Context) -> _Documents:
        syntax = options.text("syntax")
        if syntax is not None and syntax not in SYNTAXES:
            raise options.wrong("syntax", f"must be one of {', '.join(SYNTAXES)}")
        return cls(
            context=context,
            location=Location.of(options),
            syntax=syntax,
            base=options.text("base"),
            contexts=options.mapping("contexts"),
            next=options.text("next"),
            max_pages=options.whole("max_pages", 1000),
        )

    def into(self, resources: Resources) -> Iterator[Partial]:
        """Read every page; a `Partial` where there should have been more."""
        url: str | None = self.location.start
        asked: set[str] = set()
        for page in range(1, self.max_pages + 1):
            assert url is not None
            asked.add(url)
            answer = self.location.get(self.context.fetch, accept=ACCEPT, url=url)
            asked.add(answer.url)
            url = self._take(answer, resources, page)
            if url is None or self.location.file is not None:
                return
            if url in asked:
                yield Partial(f"page {page} of {self.location.start} links to {url} as the next, which came before")
                return
        yield Partial(f"{self.location.start} still has a next page after {self.max_pages} pages")

    def _take(self, answer: Response, resources: Resources, page: int) -> str | None:
        """Add one page, and say which comes next."""
        syntax = self.syntax or syntax_of(answer.media_type, answer.url)
        text = answer.text
        if answer.note:
            self.context.notes(answer.note)
        if answer.media_type == "text/html" or text.lstrip()[:15].lower().startswith(("<!doctype html", "<html")):
            raise BadContent(answer.url, "answered HTML instead of RDF.")
        if not text.strip():
            raise BadContent(answer.url, "answered nothing instead of RDF.")
        if syntax is None:
            kind = answer.media_type or "no media type"
            raise SourceFailed(f"{answer.url} has {kind}, which names no RDF syntax; set the option 'syntax'")
        base = self.base or (answer.url if self.location.url is not None else _NOWHERE)
        try:
            quads = parse(text, syntax, base_iri=base, contexts=self.contexts, lenient=True)
        except UnparsableRdf as error:
            raise BadContent(answer.url, str(error)) from None
        resources.add(quads, document=page)
        if self.next is None:
            return None
        if self.next.lower() == "header:link":
            return answer.links.get("next")
        links = {
            quad.object.value
            for quad in quads
            if quad.predicate.value == self.next and isinstance(quad.object, ox.NamedNode)
        }
        return urljoin(answer.url, min(links)) if links else None
