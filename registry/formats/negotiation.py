"""Content negotiation by RFC 9110 §12.5.1: q-values, specificity, ``q=0`` and wildcards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from registry.formats.media import Format


def negotiate(accept: str | None, offered: Sequence[Format]) -> Format:
    """The offered format that an Accept header likes best; on a draw the one offered first.

    A missing, empty or wholly unreadable header accepts everything. Raises NotAcceptable.
    """
    found = best(accept, tuple(offered))
    if found is None:
        raise NotAcceptable(accept or "", offered)
    return found


class NotAcceptable(Exception):
    """Nothing of what there is fits the Accept header."""

    def __init__(self, accept: str, offered: Sequence[Format]) -> None:
        super().__init__(f"Nothing here fits 'Accept: {accept[:200]}'.")
        self.offered = tuple(offered)


@lru_cache(maxsize=512)
def best(accept: str | None, offered: tuple[Format, ...]) -> Format | None:
    """As `negotiate`, but None when nothing fits."""
    ranges = tuple(_ranges(accept or ""))
    if not ranges:
        return offered[0]
    chosen: Format | None = None
    highest = 0.0
    for candidate in offered:
        # The other names of a format count only when a client uses them; a wildcard means the proper one.
        named = (_quality(media, ranges, only_exact=True) for media in candidate.also)
        quality = max(_quality(candidate.media_type, ranges), *named, 0.0)
        if quality > highest:
            chosen, highest = candidate, quality
    return chosen


@dataclass(frozen=True)
class _Range:
    type: str
    subtype: str
    specific: bool  # has a parameter that none of our formats has, so it matches none of them
    quality: float


# A client that names a profile, a version or UTF-8 still gets the format; anything else is another representation.
_HARMLESS = {"profile", "version", "charset"}
_LONGEST_HEADER = 8000


def _ranges(accept: str) -> Iterable[_Range]:
    for element in _split(accept[:_LONGEST_HEADER], ","):
        media, *parameters = [part.strip() for part in _split(element, ";")] or [""]
        kind, slash, subtype = media.lower().partition("/")
        if not slash or not kind or not subtype or (kind == "*" and subtype != "*"):
            continue
        quality: float | None = 1.0
        specific = False
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            name = name.strip().lower()
            if name == "q":
                quality = _parse_quality(value.strip())
                break  # what follows q are accept-extensions, which RFC 9110 has dropped
            if name and name not in _HARMLESS:
                specific = True
        if quality is not None:
            yield _Range(kind, subtype, specific, quality)


def _parse_quality(value: str) -> float | None:
    try:
        quality = float(value)
    except ValueError:
        return None
    return quality if 0.0 <= quality <= 1.0 else None


def _split(text: str, separator: str) -> Iterable[str]:
    """Split at a separator that is not inside a quoted string (``profile="a,b"``)."""
    if '"' not in text:
        return [part for part in text.split(separator) if part.strip()]
    parts: list[str] = []
    current: list[str] = []
    quoted = escaped = False
    for char in text:
        if escaped:
            escaped = False
        elif quoted and char == "\\":
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif char == separator and not quoted:
            parts.append("".join(current))
            current = []
            continue
        current.append(char)
    parts.append("".join(current))
    return [part for part in parts if part.strip()]


def _quality(media: str, ranges: Iterable[_Range], *, only_exact: bool = False) -> float:
    """The quality of the most specific range that matches; 0 when none does or the client refuses."""
    kind, _, subtype = media.partition("/")
    best = (-1, 0.0)
    for wanted in ranges:
        if wanted.specific:
            continue
        if wanted.type == "*":
            rank = 0
        elif wanted.type != kind:
            continue
        elif wanted.subtype == "*":
            rank = 1
        elif wanted.subtype == subtype:
            rank = 2
        else:
            continue
        if only_exact and rank < 2:
            continue
        if rank > best[0] or (rank == best[0] and wanted.quality > best[1]):
            best = (rank, wanted.quality)
    return best[1]
