"""Read the pages of a website: found by its sitemap or on overview pages, each page one record."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from selectolax.lexbor import LexborHTMLParser

from harvesters.fetch import BadContent, BadStatus, Refused, Response, RobotsForbidden, TooLarge
from harvesters.readers.first_of import NotOffered
from harvesters.readers.page import Data, PageRules, UnreadablePage, extract, parsed
from harvesters.readers.site import Site, joined
from harvesters.readers.sitemap import USUAL, Listed, listed
from harvesters.reading import Context, Item, RawRecord, SourceFailed, Unreadable

_SAMPLE = 3
"""Pages looked at before deciding that the site is not built as the rules expect."""

_POST_CLASS = re.compile(r"\b(?:postid|page-id)-(\d+)\b")
_REST = re.compile(r"/wp-json/wp/v2/[\w-]+/(\d+)/?$")
_GONE = (404, 410)


def read(options: Mapping[str, Any], context: Context) -> Iterator[Item]:
    """One record per page; data as `harvesters.readers.page.extract` gives them, with `link`, `slug` and `id`.

    Options:
        url: the site's address; host: the name it publishes itself under, if `url` is a mirror.
        pages: regular expression searched in path and query of an address; matching pages are records.
        sitemaps: paths of sitemaps, the usual ones if left out; overview: paths of pages that link to the records,
            used when there is no sitemap or it lists no such page.
        addresses: read just these pages, instead of looking for them.
        key: "path" (default), or "wordpress": the post's number where the page carries it, else the last path segment.
        page: table of `harvesters.readers.page.PageRules`.
        require: keys of the data, of which one of the first pages must have one: else the site is built otherwise.

    Raises:
        NotOffered: when no page is found, or none of the first pages has what `require` asks for.
    """
    reading = _Reading.of(options, context)
    addresses = reading.addresses()
    context.notes(f"{len(addresses)} pages to read")
    held: list[Item] = []  # until one page has shown that the site is built as expected
    satisfied = False
    seen: set[str] = set()
    for number, address in enumerate(addresses, 1):
        item = reading.page(address)
        if item is None or (isinstance(item, RawRecord) and item.key in seen):
            continue  # gone, or the same page under another address
        if isinstance(item, RawRecord):
            seen.add(item.key)
            satisfied = satisfied or satisfies(item.data, reading.require)
        held.append(item)
        if satisfied:
            yield from held
            held = []
        elif number >= _SAMPLE:
            break
    if not satisfied:
        wanted = " or ".join(reading.require) or "what was asked for"
        raise NotOffered(f"the pages of {reading.site.url} have no {wanted}")


@dataclass(frozen=True)
class _Reading:
    context: Context
    site: Site
    pages: re.Pattern[str]
    sitemaps: tuple[str, ...]
    overview: tuple[str, ...]
    key: str
    rules: PageRules
    require: tuple[str, ...]
    only: tuple[str, ...] = ()

    @classmethod
    def of(cls, options: Mapping[str, Any], context: Context) -> _Reading:
        known = {"url", "host", "pages", "sitemaps", "overview", "addresses", "key", "page", "require"}
        if unknown := options.keys() - known:
            raise SourceFailed(
                f"the reader 'sitemap-html' has no option '{min(unknown)}'; it knows {', '.join(sorted(known))}"
            )
        if not isinstance(options.get("url"), str):
            raise SourceFailed("the reader 'sitemap-html' needs the option 'url', the site's address")
        try:
            pages = re.compile(options["pages"])
        except (KeyError, TypeError, re.error):
            raise SourceFailed(
                "the reader 'sitemap-html' needs the option 'pages', a regular expression for the addresses of records"
            ) from None
        key = options.get("key", "path")
        if key not in ("path", "wordpress"):
            raise SourceFailed("the option 'key' of the reader 'sitemap-html' is \"path\" or \"wordpress\"")
        return cls(
            context,
            Site(options["url"], options.get("host")),
            pages,
            tuple(options.get("sitemaps", USUAL)),
            tuple(options.get("overview", ())),
            key,
            PageRules.of(options.get("page", {})),
            tuple(options.get("require", ())),
            tuple(options.get("addresses", ())),
        )

    def addresses(self) -> list[Listed]:
        if self.only:
            return [Listed(address) for address in self.only]
        found = self.matching(listed(self.site, self.context.fetch, self.sitemaps) or [])
        if not found:
            found = self.matching([one for path in self.overview for one in self.linked(path)])
        if not found:
            raise NotOffered(f"{self.site.url} has neither a sitemap nor an overview that leads to pages of records")
        return found

    def matching(self, addresses: list[Listed]) -> list[Listed]:
        """Those of this site that are records, each once, in order."""
        found: dict[str, Listed] = {}
        for one in addresses:
            if self.site.holds(one.address) and self.pages.search(Site.local(one.address)):
                found.setdefault(Site.same(one.address), one)
        return list(found.values())

    def linked(self, path: str) -> Iterator[Listed]:
        """What an overview page links to; an overview that is not there links to nothing."""
        try:
            response = self.context.fetch.get(self.site.at(path), accept="text/html")
        except BadStatus as error:
            if error.status in _GONE:
                return
            raise
        for node in parsed(response.text).css("a[href]"):
            if address := joined(response.url, node.attributes.get("href")):
                yield Listed(address)

    def page(self, listed: Listed) -> RawRecord | Unreadable | None:
        """One page as a record; None when it is gone. What concerns this page alone never stops the others."""
        try:
            response = self.context.fetch.get(self.site.fetched(listed.address), accept="text/html")
            data = page_data(response, self.rules, self.site)
        except (BadStatus, BadContent, Refused, RobotsForbidden, TooLarge, UnreadablePage) as error:
            if isinstance(error, BadStatus) and error.status in _GONE:
                return None
            if isinstance(error, BadStatus) and error.status >= 500:
                raise
            return Unreadable(None, str(error), listed.address[:200])
        key = post_key(data) if self.key == "wordpress" else unquote(Site.local(listed.address)).strip("/")
        if not key or not data.get("title"):
            return Unreadable(key or None, "the page has no title", listed.address[:200], "die Seite hat keinen Titel")
        # UTC is written in one way, so that a date means the same whichever way the site was read.
        modified = listed.modified.replace("+00:00", "Z") if listed.modified else None
        return RawRecord(key, data, page=data["link"], modified=modified)


def satisfies(data: Mapping[str, Any], require: tuple[str, ...]) -> bool:
    return not require or any(data.get(key) for key in require)


def page_data(response: Response, rules: PageRules, site: Site, *, title: str | None = None) -> Data:
    """What a page says, with its own address (`link`), its last path segment (`slug`) and WordPress' number (`id`)."""
    tree = parsed(response.text)
    link = _canonical(tree, response.url, site)
    data: Data = {"link": link}
    if number := _post_id(tree, response.url):
        data["id"] = number
    if slug := unquote(urlsplit(link).path).strip("/").rpartition("/")[2]:
        data["slug"] = slug
    return data | extract(response.text, link, rules, title=title)


def post_key(data: Data) -> str:
    """WordPress' number where it is known, else the slug: the same in whatever way the site is read."""
    return str(data.get("id") or data.get("slug") or "")


def _canonical(tree: LexborHTMLParser, address: str, site: Site) -> str:
    node = tree.css_first("link[rel=canonical]")
    link = joined(address, node.attributes.get("href")) if node is not None else None
    return link if link and site.holds(link) else address


def _post_id(tree: LexborHTMLParser, address: str) -> int | None:
    """The number of a post: from its short link, its REST address, the body's class, or an address like `?p=591`."""
    for selector in ("link[rel=shortlink]", "link[rel=canonical]"):
        node = tree.css_first(selector)
        if node is not None and (number := _query_id(node.attributes.get("href") or "")):
            return number
    for node in tree.css("link[rel=alternate][type='application/json']"):
        if match := _REST.search(node.attributes.get("href") or ""):
            return int(match[1])
    body = tree.body
    if body is not None and (match := _POST_CLASS.search(body.attributes.get("class") or "")):
        return int(match[1])
    return _query_id(address)


def _query_id(address: str) -> int | None:
    query = parse_qs(address.partition("#")[0].partition("?")[2])
    for name in ("p", "page_id"):
        if (value := query.get(name, [""])[0]).isdecimal():
            return int(value)
    return None
