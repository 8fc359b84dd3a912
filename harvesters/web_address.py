"""Whether a text is a web address that may stand in a graph and in a page."""

from __future__ import annotations

from urllib.parse import urlsplit

import pyoxigraph as ox


def is_web_address(text: object) -> bool:
    """Whether this is an http(s) address with a host and without a user name, and an IRI by RFC 3987."""
    if not isinstance(text, str):
        return False
    try:
        ox.NamedNode(text)
        parts = urlsplit(text)
        parts.port  # noqa: B018 - raises for one that is no number
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
