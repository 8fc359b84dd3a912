"""The gazetteer's files: on disk, or on the web with a copy that is kept."""

from __future__ import annotations

import hashlib
import os
import time
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from harvesters.gazetteer import Gazetteer, GazetteerError
from harvesters.source import SHIPPED

if TYPE_CHECKING:
    from harvesters.fetch import Fetcher

EVERY = timedelta(days=30)
"""Age at which a copy from the web is asked for again; postal codes and borders change once or twice a year."""


@dataclass(frozen=True)
class GazetteerFiles:
    """Where the files are: a path, taken from the data directory on, a web address, or "" for none."""

    postal_codes: str = ""
    municipalities: str = ""
    outlines: str = ""
    stations: str = ""


@dataclass(frozen=True)
class Credit:
    """Whom the data of one gazetteer file comes from, to be named wherever districts assigned by it are shown."""

    title: Mapping[str, str]
    publisher: str
    homepage: str
    licence: str
    attribution: str


def credits_of(files: GazetteerFiles) -> list[Credit]:
    """The credits of the files that are configured."""
    facts = tomllib.loads((SHIPPED / "gazetteer" / "gazetteer.toml").read_text(encoding="utf-8"))
    return [
        Credit(**{name: fact[name] for name in ("title", "publisher", "homepage", "licence", "attribution")})
        for name, fact in facts.items()
        if getattr(files, name)
    ]


def load_gazetteer(
    files: GazetteerFiles,
    *,
    base: Path,
    copies: Path,
    fetch: Fetcher | None = None,
    notes: Callable[[str], None] = lambda line: None,
) -> Gazetteer:
    """Load what is configured. A copy that is too old is fetched again; where that fails, or what comes is no such
    file, the copy stays in use and a note says so.

    Args:
        base: the folder that relative paths start from.
        copies: the folder of the copies from the web.
        fetch: None to use the copies only.

    Raises:
        GazetteerError: for a file that is missing or broken, and for an address without any copy.
    """
    checks: tuple[tuple[str, str, Callable[[Path], Gazetteer]], ...] = (
        ("postal_codes", files.postal_codes, lambda file: Gazetteer.load(postal_codes=file)),
        ("municipalities", files.municipalities, lambda file: Gazetteer.load(municipalities=file)),
        ("outlines", files.outlines, lambda file: Gazetteer.load(outlines=file)),
        ("stations", files.stations, lambda file: Gazetteer.load(stations=file)),
    )
    found: dict[str, Path] = {}
    for name, place, check in checks:
        if place.startswith(("http://", "https://")):
            found[name] = _copy(place, copies, fetch, check, notes)
        elif place:
            found[name] = base / place
    return Gazetteer.load(**found)


def _copy(
    url: str, copies: Path, fetch: Fetcher | None, check: Callable[[Path], Gazetteer], notes: Callable[[str], None]
) -> Path:
    suffix = PurePosixPath(urlsplit(url).path).suffix
    copy = copies / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}{suffix[:10]}"
    known = copy.exists()
    if known and (fetch is None or time.time() - copy.stat().st_mtime < EVERY.total_seconds()):
        return copy
    if fetch is None:
        raise GazetteerError(f"the gazetteer file {url} was never fetched")
    from harvesters.fetch import FetchError  # settings are read without any of it

    new = copy.with_suffix(".new")
    try:
        content = fetch.get(url).content
        copies.mkdir(parents=True, exist_ok=True)
        new.write_bytes(content)
        check(new)
        os.replace(new, copy)
    except (FetchError, GazetteerError) as error:
        new.unlink(missing_ok=True)
        if not known:
            raise GazetteerError(f"the gazetteer file {url} cannot be used: {error}") from None
        notes(f"the gazetteer file {url} cannot be renewed ({error}); the copy of earlier stays in use")
    return copy
