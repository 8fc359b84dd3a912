"""A website under one or two host names: `www.` and bare are one site, and a mirror may stand in for it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urldefrag, urljoin, urlsplit, urlunsplit


@dataclass(frozen=True)
class Site:
    """`url` is where the site is fetched; `host` the name it publishes itself under, where that is another."""

    url: str
    host: str | None = None

    def at(self, path: str) -> str:
        """The address of a path, given relative to the site's own."""
        return urljoin(self.url.rstrip("/") + "/", path.lstrip("/"))

    def holds(self, address: str) -> bool:
        return _bare(address) in {_bare(self.url), (self.host or "").removeprefix("www.")} - {""}

    def fetched(self, address: str) -> str:
        """Where to fetch an address of this site: at the mirror when `url` is one."""
        parts, home = urlsplit(address), urlsplit(self.url)
        if self.host and _bare(address) == self.host.removeprefix("www.") and _bare(self.url) != _bare(address):
            return urlunsplit((home.scheme, home.netloc, parts.path, parts.query, ""))
        return urldefrag(address).url

    @staticmethod
    def same(address: str) -> str:
        """One form for all spellings of an address: scheme, `www.`, final slash and fragment do not count."""
        parts = urlsplit(address)
        return f"{_bare(address)}{parts.path.rstrip('/')}?{parts.query}"

    @staticmethod
    def local(address: str) -> str:
        """Path and query, as patterns are matched against."""
        parts = urlsplit(address)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path


def joined(base: str, link: str | None) -> str | None:
    """The address that a link on a page leads to; None for an empty or broken one."""
    try:
        address = urljoin(base, (link or "").strip())
        urlsplit(address)
    except ValueError:
        return None
    return address if (link or "").strip() else None


def _bare(address: str) -> str:
    return urlsplit(address).netloc.casefold().removeprefix("www.")
