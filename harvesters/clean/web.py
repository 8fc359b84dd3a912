"""Web addresses in one canonical spelling."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

import idna

from harvesters.clean.finding import Report, ignore, refuse, repair
from harvesters.clean.text import visible
from harvesters.clean.words import words

MAX_LENGTH = 2_000

PLACEHOLDER_HOSTS = words(
    """
    example.com | example.org | example.net | example.de | beispiel.de | muster.de | musterfirma.de |
    domain.de | domain.com | deine-domain.de | ihre-domain.de | meine-domain.de | test.de | localhost
    """
)
SOCIAL_HOSTS = words(
    """
    facebook.com | fb.com | fb.me | instagram.com | twitter.com | x.com | linkedin.com | xing.com |
    youtube.com | youtu.be | vimeo.com | tiktok.com | pinterest.com | pinterest.de | flickr.com | t.me |
    telegram.me | wa.me | threads.net | bsky.app | linktr.ee | meetup.com | soundcloud.com | mastodon.social |
    chaos.social | discord.gg | discord.com
    """
)
"""Hosts whose pages are a profile or channel of a place, not its own website."""
_SUFFIXES = words(
    """
    de | com | org | net | eu | info | io | space | biz | at | ch | coop | art | cafe | center | city |
    community | digital | house | online | page | social | studio | team | website | work | works | saarland |
    berlin | hamburg | koeln | bayern | nrw | app | dev | me | tv
    """
)
"""Endings that make a bare "name.de" an address and "z.B" none."""
_TRACKING = re.compile(
    r"(?:utm_.*|fbclid|gclid|gbraid|wbraid|msclkid|mc_cid|mc_eid|igshid|igsh|yclid|dclid|_ga|_gl|ref_src)", re.I
)
_BROKEN_SCHEME = re.compile(r"(?:h?t{1,3}ps?|htpps?|hhtps?)\s?[:;]?\s?/{1,3}\s?(?=[\w])|https?:(?=\w)", re.I)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30}):")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
_PORTS = {"http": 80, "https": 443}
_PATH, _QUERY = "/:@!$&'()*+,;=~-._%", "/?:@!$'()*+,;=~-._%&"
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_DOCUMENT = re.compile(r"\.(?:pdf|docx?|odt|xlsx?|pptx?|zip)$", re.I)


@dataclass(frozen=True)
class _Link:
    url: str
    host: str
    kind: Literal["site", "social", "document"]


def url(value: str, *, report: Report = ignore) -> str | None:
    """The address of a website of one's own, canonical: host in lower case and ASCII (IDN as punycode), default port,
    empty fragment and tracking parameters dropped; http stays http; an empty path becomes "/".

    A missing or misspelt scheme becomes https, with a finding. Profiles on social networks and documents (PDF) are no
    website: None with a finding; `social` and `link` return them.
    """
    found = _parse(value, "url", report)
    if found is None or found.kind == "site":
        return found.url if found else None
    if found.kind == "social":
        return refuse(report, "url", value, "ein Profil, keine eigene Website", "a profile, not a website of its own")
    return refuse(report, "url", value, "ein Dokument, keine Website", "a document, not a website")


def social(value: str, *, report: Report = ignore) -> str | None:
    """The canonical address of a profile on a social network; None without a finding for any other address."""
    found = _parse(value, "social", report)
    return found.url if found and found.kind == "social" else None


def link(value: str, *, report: Report = ignore) -> str | None:
    """Any canonical web address: website, profile, document or image."""
    found = _parse(value, "link", report)
    return found.url if found else None


def domain(value: str, *, report: Report = ignore) -> str | None:
    """The host of a web address without "www."; names that only share it may be one place or not."""
    found = _parse(value, "domain", report)
    return found.host.removeprefix("www.") if found else None


def ascii_host(host: str) -> str | None:
    """A host name in lower case and ASCII (IDNA 2008 after UTS 46 mapping), or None where it cannot be one."""
    name = host.strip().rstrip(".").lower()
    if not name or len(name) > 253:
        return None
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError, ValueError):
            return None
    labels = name.split(".")
    return name if all(_LABEL.fullmatch(label) for label in labels) else None


def _parse(value: str, function: str, report: Report) -> _Link | None:
    text = visible(value).strip()
    if not text:
        return None
    if len(text) > MAX_LENGTH:
        return refuse(report, function, value, "zu lang für eine Webadresse", "too long for a web address")
    words = [word for word in text.strip(" <>\"'").split() if "." in word and "@" not in word.partition("/")[0]]
    spaced = len(text.split()) > 1
    candidate = words[0].strip("<>\"'(),;") if words else text
    address, completed = _with_scheme(candidate)
    if address is None:
        reason = ("nur http und https sind Webadressen", "only http and https are web addresses")
        if not _SCHEME.match(candidate) or "." in candidate.partition(":")[0]:
            reason = ("keine Webadresse", "not a web address")
        return refuse(report, function, value, *reason)
    found = _canonical(address)
    if isinstance(found, tuple):
        return refuse(report, function, value, *found)
    if spaced and len(words) != 1:
        repair(report, function, value, found.url, "die erste Adresse genommen", "the first address was taken")
    elif spaced:
        repair(report, function, value, found.url, "Wörter um die Adresse entfernt", "words around the address removed")
    elif completed:
        repair(report, function, value, found.url, "Schema ergänzt oder berichtigt", "scheme added or corrected")
    return found


def _with_scheme(text: str) -> tuple[str | None, bool]:
    """The text with a scheme, and whether that was added or corrected; None for other schemes and for no address."""
    lowered = text.lower()
    if lowered.startswith(("http://", "https://")):
        scheme, _, rest = text.partition("://")
        if rest.lower().startswith(("http://", "https://")):
            return rest, True
        return f"{scheme.lower()}://{rest.lstrip('/')}", False
    if broken := _BROKEN_SCHEME.match(text):
        scheme = "https" if "s" in broken.group().lower() else "http"
        return f"{scheme}://{text[broken.end() :].lstrip('/')}", True
    if text.startswith("//"):
        return f"https:{text}", True
    host = re.split(r"[/?#:]", lowered, maxsplit=1)[0]
    if host.startswith("www.") and host.count(".") >= 2:
        return f"https://{text}", True
    name, _, suffix = host.rpartition(".")
    if name and suffix in _SUFFIXES and ascii_host(host):
        return f"https://{text}", True
    return None, False


def _canonical(address: str) -> _Link | tuple[str, str]:
    """The link, or the reason (German, English) why the address is none."""
    try:
        parts = urlsplit(_STRAY_PERCENT.sub("%25", address.replace("\\", "/")))
        port = parts.port
    except ValueError:
        return "keine Webadresse", "not a web address"
    if parts.username is not None or parts.password is not None:
        return "enthält Zugangsdaten", "contains credentials"
    host = _public_host(parts.hostname or "")
    if host is None:
        return "kein öffentlicher Rechnername", "not a public host name"
    if host in PLACEHOLDER_HOSTS or host.removeprefix("www.") in PLACEHOLDER_HOSTS:
        return "eine Beispieladresse", "an example address"
    kind: Literal["site", "social", "document"] = "site"
    bare = re.sub(r"^(?:www|m|[a-z]{2}-[a-z]{2})\.", "", host)
    if bare in SOCIAL_HOSTS or bare.partition(".")[2] in SOCIAL_HOSTS:
        kind = "social"
        host = "www.facebook.com" if bare in ("facebook.com", "fb.com") else host
    elif _DOCUMENT.search(parts.path):
        kind = "document"
    netloc = host if port in (None, _PORTS[parts.scheme]) else f"{host}:{port}"
    query = _query(parts, kind)
    fragment = _escaped(parts.fragment, _QUERY)
    return _Link(urlunsplit((parts.scheme, netloc, _escaped(parts.path, _PATH) or "/", query, fragment)), host, kind)


def _query(parts: SplitResult, kind: str) -> str:
    if not parts.query:
        return ""
    kept = [
        piece for piece in parts.query.split("&") if piece and not _TRACKING.fullmatch(unquote(piece.partition("=")[0]))
    ]
    if kind == "social":
        kept = [piece for piece in kept if piece.partition("=")[0] in ("id", "v", "list")]
    return "&".join(_escaped(piece, _QUERY.replace("&", "")) for piece in kept)


def _escaped(part: str, safe: str) -> str:
    return _ESCAPE.sub(lambda match: match.group().upper(), quote(part, safe=safe, errors="replace"))


def _public_host(host: str) -> str | None:
    try:
        return host if ipaddress.IPv4Address(host).is_global else None
    except ValueError:
        pass
    name = ascii_host(host)
    if (
        name is None
        or "." not in name
        or name.endswith((".local", ".localhost", ".internal", ".lan", ".test", ".invalid"))
    ):
        return None
    suffix = name.rpartition(".")[2]
    return name if (suffix.isalpha() and len(suffix) > 1) or suffix.startswith("xn--") else None
