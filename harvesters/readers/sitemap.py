"""Addresses from sitemaps (sitemaps.org protocol 0.9), followed through sitemap indexes."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from harvesters.fetch import BadContent, BadStatus, Fetcher
from harvesters.readers.site import Site, joined

USUAL = ("wp-sitemap.xml", "sitemap_index.xml", "sitemap.xml")
MAX_SITEMAPS = 200
MAX_BYTES = 50 * 1024 * 1024
"""Unpacked; the protocol's own limit for one sitemap."""


@dataclass(frozen=True)
class Listed:
    """One address of a sitemap; `modified` as the sitemap writes it."""

    address: str
    modified: str | None = None


def listed(site: Site, fetch: Fetcher, names: tuple[str, ...] = USUAL) -> list[Listed] | None:
    """All addresses of the first of these sitemaps that the site has; None when it has none of them.

    A sitemap that an index names and that cannot be had fails the reading: what it lists would else seem gone.
    """
    for name in names:
        try:
            return list(_follow(site.at(name), site, fetch, set()))
        except (_NoSitemap, BadStatus) as error:
            if isinstance(error, BadStatus) and error.status not in (401, 403, 404, 410):
                raise
    return None


class _NoSitemap(Exception):
    """What stands at the usual place is no sitemap."""


def _follow(address: str, site: Site, fetch: Fetcher, seen: set[str]) -> Iterator[Listed]:
    first = not seen
    if Site.same(address) in seen:
        return
    seen.add(Site.same(address))
    if len(seen) > MAX_SITEMAPS:
        raise BadContent(address, f"is one of more than {MAX_SITEMAPS} sitemaps.")
    response = fetch.get(site.fetched(address), accept="application/xml, text/xml;q=0.9, */*;q=0.1")
    root = _parsed(_unpacked(response.content, address))
    kind = _name(root) if root is not None else None
    if root is None or kind not in ("urlset", "sitemapindex"):
        if first:
            raise _NoSitemap
        raise BadContent(address, "is named as a sitemap and is none.")
    for entry in root:
        location, modified = joined(address, _child(entry, "loc")), _child(entry, "lastmod")
        if not location:
            continue
        if kind == "urlset":
            yield Listed(location, modified)
        elif site.holds(location):
            yield from _follow(location, site, fetch, seen)


def _unpacked(content: bytes, address: str) -> bytes:
    """A sitemap may be stored gzipped (`sitemap.xml.gz`), which HTTP does not undo."""
    if not content.startswith(b"\x1f\x8b"):
        return content
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(content, MAX_BYTES)
    except zlib.error:
        raise BadContent(address, "is a broken gzip file.") from None
    if unpacker.unconsumed_tail:
        raise BadContent(address, f"unpacks to more than {MAX_BYTES} bytes.")
    return plain


def _parsed(content: bytes) -> Element | None:
    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        return None
    return root


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _child(element: Element, name: str) -> str | None:
    for child in element:
        if _name(child) == name and child.text and child.text.strip():
            return child.text.strip()
    return None
