"""E-mail addresses."""

from __future__ import annotations

import re

from harvesters.clean.finding import Report, ignore, refuse, repair
from harvesters.clean.web import PLACEHOLDER_HOSTS, ascii_host

MAX_LENGTH = 1_000
_SPELT_OUT = re.compile(r"\s{0,3}(?:\(\s?(?:at|ät|@)\s?\)|\[\s?(?:at|ät|@)\s?\]|\{\s?at\s?\})\s{0,3}", re.IGNORECASE)
_SPELT_DOT = re.compile(r"\s{0,3}(?:\(\s?(?:dot|punkt)\s?\)|\[\s?(?:dot|punkt)\s?\])\s{0,3}", re.IGNORECASE)
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.ASCII)
_SEPARATOR = re.compile(r"[\s,;<>()\[\]\"]+")


def email(value: str, *, report: Report = ignore) -> str | None:
    """An e-mail address, its domain in lower case and ASCII; `mailto:` and "(at)" are undone, the latter reported."""
    if not value.strip():
        return None
    if len(value) > MAX_LENGTH:
        return refuse(report, "email", value, "zu lang für eine E-Mail-Adresse", "too long for an e-mail address")
    plain = _SPELT_DOT.sub(".", _SPELT_OUT.sub("@", value))
    candidates = [part for part in _SEPARATOR.split(plain.replace("mailto:", " ")) if "@" in part]
    addresses = [address for part in candidates if (address := _address(part.partition("?")[0]))]
    if not addresses:
        return refuse(report, "email", value, "keine E-Mail-Adresse", "not an e-mail address")
    first, *others = dict.fromkeys(addresses)
    if first.rpartition("@")[2] in PLACEHOLDER_HOSTS:
        return refuse(report, "email", value, "eine Beispieladresse", "an example address")
    if others:
        rest = ", ".join(others)
        return repair(
            report, "email", value, first, f"die erste genommen; außerdem {rest}", f"took the first; also {rest}"
        )
    if plain != value:
        return repair(report, "email", value, first, "ausgeschriebenes @ ersetzt", "spelt-out @ replaced")
    return first


def _address(text: str) -> str | None:
    local, _, domain = text.strip(".'").rpartition("@")
    host = ascii_host(domain)
    if host is None or "." not in host or len(local) > 64 or not _LOCAL.fullmatch(local):
        return None
    return f"{local}@{host}"
