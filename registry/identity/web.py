"""Web addresses as signs of identity: one form for one page, and whose host it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

import tldextract

from harvesters.clean.web import SOCIAL_HOSTS
from registry.identity.words import WORDS

PLATFORMS = SOCIAL_HOSTS | WORDS.platforms
"""Registrable domains under which many unrelated people have their pages."""

_SUFFIXES = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)  # the list that comes with it: no network
_INDEX = re.compile(r"/(?:index|home|start|startseite|default)(?:\.\w{3,5})?$")
_WIKIDATA = re.compile(r"(?:www\.|m\.)?wikidata\.org/(?:entity|wiki)/(q\d+)")
_OSM = re.compile(r"(?:www\.)?(?:openstreetmap|osm)\.org/(node|way|relation)/(\d+)")


@dataclass(frozen=True, slots=True)
class Page:
    """A web address: host without "www.", registrable domain (empty on a platform), and the page in one form."""

    host: str
    domain: str
    page: str

    @property
    def is_root(self) -> bool:
        return "/" not in self.page


@lru_cache(maxsize=50_000)
def page(address: str) -> Page | None:
    """One form for http and https, with and without "www.", slash or index page; None for what is no web address."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or "." not in host:
        return None
    path = _INDEX.sub("", parts.path.rstrip("/").lower())
    query = f"?{parts.query}" if parts.query and ("id=" in parts.query or "p=" in parts.query) else ""
    domain = registrable(host)
    return Page(host, "" if domain in PLATFORMS or host in PLATFORMS else domain, host + path + query)


@lru_cache(maxsize=50_000)
def registrable(host: str) -> str:
    """What somebody registered: "kulturhaus.example.co.uk" is under "example.co.uk"."""
    found = _SUFFIXES.extract_str(host)
    return f"{found.domain}.{found.suffix}" if found.domain and found.suffix else host


@lru_cache(maxsize=50_000)
def identifier(iri: str) -> str:
    """One form of an IRI that stands for the thing itself: "wikidata:q42", "osm:node/1", or the page."""
    bare = iri.partition("://")[2].lower()
    if found := _WIKIDATA.match(bare):
        return f"wikidata:{found[1]}"
    if found := _OSM.match(bare):
        return f"osm:{found[1]}/{found[2]}"
    known = page(iri)
    return known.page if known and not iri.endswith("#it") else iri


def mail_host(address: str) -> str:
    """The domain of a mailbox, empty where anybody can have one."""
    domain = registrable(address.rpartition("@")[2].lower())
    return "" if domain in WORDS.free_mail or domain in PLATFORMS else domain
