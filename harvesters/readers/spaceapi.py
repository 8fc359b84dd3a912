"""Read hackerspaces by SpaceAPI: a directory of addresses, and behind each address one space (versions 0.13, 14, 15).

What changes by the hour (open or closed, sensors) is dropped here, for it is no catalogue data and would make every
reading a change; and so are the persons who hold the keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from harvesters.fetch import FetchError
from harvesters.readers.options import Options
from harvesters.readers.privacy import is_role
from harvesters.reading import Context, Item, RawRecord, SourceFailed, Unreadable

_VOLATILE = ("state", "sensors", "events", "cache", "icon", "stream", "cam", "radio_show", "spacefed", "ext_ccc")
_PERSONAL = ("keymasters", "issue_mail", "sip", "xmpp", "jabber")


def read(options: Mapping[str, Any], context: Context) -> Iterator[Item]:
    """One raw record per space, known by its name in the directory; a space that cannot be had keeps its last state.

    Data: the space's own JSON without what changes by the hour, with `versions` (list of texts) for `api` and
    `api_compatibility` alike.

    Options:
        url: address of the directory, `{"name": "address", …}`, or of a collector, `[{"url": …, "data": {…}}, …]`.
        only: regular expression searched in the names; other spaces are not asked.
    """
    settings = Options("spaceapi", options)
    url = settings.needed("url", "the address of the directory")
    only = _pattern(settings)
    settings.done()
    directory = context.fetch.get(url, accept="application/json").json()
    if isinstance(directory, Mapping):
        spaces = {name: address for name, address in directory.items() if only is None or only.search(name)}
        context.notes(f"{len(spaces)} of {len(directory)} spaces to ask")
        for name, address in spaces.items():
            yield _asked(name, address, context)
    elif isinstance(directory, list):
        yield from (_collected(entry) for entry in directory if only is None or only.search(_name(entry)))
    else:
        raise SourceFailed(f"{url} is no directory of spaces")


def _pattern(settings: Options) -> re.Pattern[str] | None:
    text = settings.text("only")
    try:
        return re.compile(text, re.IGNORECASE) if text else None
    except re.error as error:
        raise settings.wrong("only", f"is not a regular expression: {error}") from None


def _asked(name: str, address: object, context: Context) -> RawRecord | Unreadable:
    if not isinstance(address, str) or not address:
        return Unreadable(
            name or None,
            "the directory gives no address for this space",
            str(address)[:200],
            "das Verzeichnis nennt keine Adresse für diesen Ort",
        )
    try:
        space = context.fetch.get(address, accept="application/json").json()
    except FetchError as error:
        return Unreadable(name or None, str(error), address[:200])
    return _record(name, space, address)


def _collected(entry: object) -> RawRecord | Unreadable:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("url"), str):
        return Unreadable(
            None,
            "an entry of the collector needs an address",
            str(entry)[:200],
            "ein Eintrag des Sammlers braucht eine Adresse",
        )
    return _record(_name(entry), entry.get("data"), entry["url"])


def _name(entry: object) -> str:
    data = entry.get("data") if isinstance(entry, Mapping) else None
    name = data.get("space") if isinstance(data, Mapping) else None
    return name if isinstance(name, str) else ""


def _record(name: str, space: object, address: str) -> RawRecord | Unreadable:
    if not isinstance(space, Mapping) or not isinstance(space.get("space"), str) or not name:
        return Unreadable(
            name or None,
            "this is no SpaceAPI document: it has no 'space'",
            str(space)[:200],
            "das ist kein SpaceAPI-Dokument: 'space' fehlt",
        )
    data = {key: value for key, value in space.items() if key not in _VOLATILE}
    stated = data.pop("api_compatibility", None) or data.pop("api", None) or []
    data.pop("api", None)
    data["versions"] = [str(version) for version in (stated if isinstance(stated, list) else [stated])]
    contact = data.get("contact")
    if isinstance(contact, Mapping):
        kept = {key: value for key, value in contact.items() if key not in _PERSONAL}
        if not is_role(kept.get("email")):
            kept.pop("email", None)
        data["contact"] = kept
    return RawRecord(name, data, page=address)
