"""From one JSON-like object to one raw record: its key, its page, its date; and what makes it unreadable.

A *place* names a value inside the object: a member ("id"), or a path of members ("properties.id"). A *template* is a
place, or a text with places in braces: "https://example.org/orte/{slug}", "{district}-{number}".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import orjson

from harvesters.readers.options import Options
from harvesters.reading import Item, RawRecord, Unreadable, Withdrawn

MAX_KEY = 512
_PLAIN = re.compile(r"https?://[\w.-]+(?::\d{1,5})?/[\w/%:@!$&'()*+,;=~.?#-]*", re.ASCII)  # nothing to be done about it
_BRACES = re.compile(r"\{([^{}]+)\}")

OWN_NAME = "~"
"""The place that stands for the object's own name, where objects are members of an object."""


class Template:
    """A template, taken apart once: it is filled for every object."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._pieces = _BRACES.split(text) if "{" in text else ["", text, ""]  # every other piece is a place
        self.places = tuple(self._pieces[1::2])

    @property
    def is_place(self) -> bool:
        """Whether it is one place and nothing else, in braces or not."""
        return len(self._pieces) == 3 and not self._pieces[0] and not self._pieces[2]

    def filled(self, facts: Any, name: str | None = None, *, escaped: bool = False) -> str | None:
        """With what is at the places, `escaped` for an address; `None` when there is nothing at one of them."""
        pieces = self._pieces.copy()
        for at in range(1, len(pieces), 2):
            text = _text(lookup(facts, pieces[at], name))
            if text is None:
                return None
            pieces[at] = quote(text, safe="") if escaped else text
        return "".join(pieces)


@dataclass
class Recording:
    """Makes items of objects, and remembers the keys that have come.

    Options: `key` (template), `page` (template, or a place with an address), `modified` and `licence` (places),
    `withdrawn` (table: the `field` that says a record is gone, and the `values` that say so), `leave_out` (places that
    are dropped before anything is kept: contact persons, for instance).
    """

    key: Template
    page: Template | None
    modified: str | None
    licence: str | None
    gone_field: str | None
    gone_values: tuple[str, ...]
    leave_out: tuple[str, ...]
    seen: set[str]

    @classmethod
    def of(
        cls,
        options: Options,
        *,
        key: str | None = None,
        page: str | None = None,
        modified: str | None = None,
        licence: str | None = None,
    ) -> Recording:
        """The options, with defaults where a kind of source has them."""
        gone = options.table("withdrawn")
        page = options.text("page", page)
        recording = cls(
            key=Template(options.text("key", key) or options.needed("key", "which member tells the records apart")),
            page=None if page is None else Template(page),
            modified=options.text("modified", modified),
            licence=options.text("licence", licence),
            gone_field=gone.needed("field", "which member says that a record is gone") if gone else None,
            gone_values=gone.texts("values") if gone else (),
            leave_out=options.texts("leave_out"),
            seen=set(),
        )
        if gone is not None:
            gone.done()
        return recording

    def item(
        self,
        value: Any,
        *,
        base: str | None,
        where: str,
        name: str | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> Item:
        """A record, its withdrawal, or why it is neither.

        `base` is the address of the document, `where` says for a person where in it this object is. Places are
        looked up in `facts`, for objects that have no simple values of their own.
        """
        if not isinstance(value, Mapping):
            return Unreadable(
                None,
                f"{where} is no object with named values",
                _shown(value),
                f"{where} ist kein Objekt mit benannten Werten",
            )
        facts = value if facts is None else facts
        key = self.key.filled(facts, name)
        if not key:
            missing = next((one for one in self.key.places if not _text(lookup(facts, one, name))), self.key.text)
            return Unreadable(
                None,
                f"{where} has no key: '{missing}' is missing or empty",
                _shown(value),
                f"{where} hat keinen Schlüssel: '{missing}' fehlt oder ist leer",
            )
        if len(key) > MAX_KEY:
            return Unreadable(
                None,
                f"{where} has a key of {len(key):,} characters; at most {MAX_KEY} are read",
                _shown(key),
                f"{where} hat einen Schlüssel von {len(key)} Zeichen; höchstens {MAX_KEY} werden gelesen",
            )
        if key in self.seen:
            return Unreadable(
                key,
                f"{where} has a key that came before; the first one counts",
                _shown(key),
                f"{where} hat einen Schlüssel, der schon vorkam; der erste Eintrag zählt",
            )
        self.seen.add(key)
        if self.gone_field is not None and _text(lookup(facts, self.gone_field, name)) in self.gone_values:
            return Withdrawn(key)
        return RawRecord(
            key=key,
            data=_without(value, self.leave_out),
            page=self._page(facts, name, base),
            modified=_text(lookup(facts, self.modified, name)) if self.modified else None,
            licence=_web_address(_text(lookup(facts, self.licence, name)), None) if self.licence else None,
        )

    def fragment(self, facts: Mapping[str, Any]) -> str:
        """The places of the key and what is there, as the end of an address: `nr=591`."""
        found = [(place, _text(lookup(facts, place)) or "") for place in self.key.places]
        return "&".join(f"{quote(place, safe='')}={quote(value, safe='')}" for place, value in found)

    def _page(self, facts: Mapping[str, Any], name: str | None, base: str | None) -> str | None:
        if self.page is None:
            return _web_address(base, None)
        if self.page.is_place:
            return _web_address(self.page.filled(facts, name), base)
        return _web_address(self.page.filled(facts, name, escaped=True) or base, base)


def lookup(value: Any, place: str, name: str | None = None) -> Any:
    """The value at a place; `None` when there is none. A member's whole name goes before its parts."""
    if place == OWN_NAME:
        return name
    if isinstance(value, Mapping) and place in value:
        return value[place]
    first, dot, rest = place.partition(".")
    if not dot or not isinstance(value, Mapping):
        return None
    return lookup(value.get(first), rest)


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return str(value) if isinstance(value, int | float) else None


def _web_address(value: str | None, base: str | None) -> str | None:
    if not value or len(value) > 2000:
        return None
    if _PLAIN.fullmatch(value):
        return value
    try:
        address = urljoin(base, value) if base else value
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return None
    return quote(address, safe="/%:@!$&'()*+,;=~-._?#[]")


def _without(value: Any, unwanted: tuple[str, ...]) -> Any:
    if not unwanted:
        return value
    if isinstance(value, list):
        return [_without(member, unwanted) for member in value]
    if not isinstance(value, Mapping):
        return value
    return {
        name: _without(member, tuple(_inside(name, unwanted))) for name, member in value.items() if name not in unwanted
    }


def _inside(name: str, unwanted: tuple[str, ...]) -> Iterator[str]:
    for place in unwanted:
        if place.startswith(name + "."):
            yield place[len(name) + 1 :]


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
    return text if len(text) <= 200 else text[:199] + "…"
