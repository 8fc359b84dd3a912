"""RDF documents of a source: one, or a chain of pages, put together into one set of resources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import pyoxigraph as ox

from harvesters.fetch import BadContent, Response
from harvesters.readers.document import Location
from harvesters.readers.options import Options
from harvesters.readers.resources import Resources
from harvesters.reading import Context, Partial, SourceFailed
from harvesters.untrusted import SYNTAXES, UnparsableRdf, parse, syntax_of

ACCEPT = (
    "text/turtle, application/n-triples, application/n-quads, application/trig, "
    "application/ld+json;q=0.9, application/rdf+xml;q=0.8, */*;q=0.1"
)
_NOWHERE = "https://source.invalid/"  # RFC 2606: what relative addresses in a file without a base become


@dataclass(frozen=True)
class Documents:
    """One document, or a chain of pages."""

    context: Context
    location: Location
    syntax: str | None
    base: str | None
    contexts: Mapping[str, Any]
    next: tuple[str, ...]
    max_pages: int

    @classmethod
    def of(cls, options: Options, context: Context, *, next: tuple[str, ...]) -> Documents:
        """Where and how to read. `next` are the properties that link to the next page, or `header:Link`."""
        syntax = options.text("syntax")
        if syntax is not None and syntax not in SYNTAXES:
            raise options.wrong("syntax", f"must be one of {', '.join(SYNTAXES)}")
        return cls(
            context=context,
            location=Location.of(options),
            syntax=syntax,
            base=options.text("base"),
            contexts=options.mapping("contexts"),
            next=next,
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

    def also(self, url: str, resources: Resources, number: int) -> None:
        """Add what stands at another address; `number` tells the documents apart and is above `max_pages`."""
        self._take(self.location.get(self.context.fetch, accept=ACCEPT, url=url), resources, number)

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
        for following in self.next:
            if following.lower() == "header:link":
                links = {answer.links["next"]} if "next" in answer.links else set()
            else:  # some servers write the address as a text
                links = {
                    quad.object.value
                    for quad in quads
                    if quad.predicate.value == following and isinstance(quad.object, ox.NamedNode | ox.Literal)
                }
            if links:
                return urljoin(answer.url, min(links))
        return None
