"""A list that comes in pages of JSON: by link, page number, offset or cursor; and every way in which such lists lie.

Silence is dangerous here: a list that ends too early looks like deletions. So the end is only believed when the server
shows it (an empty page, no next link), and whatever contradicts itself makes the reading partial.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin

import orjson

from harvesters.fetch import BadStatus, Response
from harvesters.readers.document import Location
from harvesters.readers.options import Options
from harvesters.readers.paging import Paging, Path
from harvesters.reading import Context, Partial, SourceFailed

_OVERLAP = timedelta(hours=1)  # their clock is not ours
_BEYOND_THE_END = (400, 404, 416)


@dataclass(frozen=True)
class Found:
    """One object of the list: its value, its name in the object or list that holds it, and where that is."""

    value: Any
    name: str
    where: str
    document: Any = field(repr=False)


@dataclass(frozen=True)
class _Claims:
    """What the server says about the length of the list, as last heard."""

    total: int | None = None
    pages: int | None = None

    def updated(self, paging: Paging | None, answer: Response, document: Any) -> _Claims:
        def said(path: Path | None) -> int | None:
            return None if path is None else _count(path.first(answer, document))

        if paging is None:
            return self
        total, pages = said(paging.total), said(paging.pages)
        return _Claims(self.total if total is None else total, self.pages if pages is None else pages)


@dataclass
class Listing:
    """The objects of a list, page by page. Options: those of `Location`, `records`, `params`, `paging`, `since`.

    records: JSONPath of the objects. params: query parameters of every page. since: table with `parameter` and `format`
    (`iso`, `date`, `unix`, `unix_ms`) to ask only for changes, for `for_days` days after the last complete reading.
    """

    context: Context
    location: Location
    records: Path
    holder: Path | None
    params: dict[str, str]
    paging: Paging | None
    changed_since: datetime | None
    accept: str
    _claims: _Claims = field(default_factory=_Claims)
    _read: int = 0

    @classmethod
    def of(cls, options: Options, context: Context, *, records: str, accept: str) -> Listing:
        location = Location.of(options)
        text = options.text("records", records) or records
        holder = re.sub(r"(\[\*\]|\.\*)\s*$", "", text)  # what must be there even when the list is empty
        paging = options.table("paging")
        params = {name: str(value) for name, value in options.mapping("params").items()}
        since = options.table("since")
        changed_since = None
        if since is not None:
            changed_since, extra = _since(since, context)
            params |= extra
        return cls(
            context=context,
            location=location,
            records=Path(options, "records", text),
            holder=Path(options, "records", holder) if holder not in (text, "") else None,
            params=params,
            paging=Paging.of(paging) if paging else None,
            changed_since=changed_since,
            accept=accept,
        )

    def found(self) -> Iterator[Found | Partial]:
        """Every object, and a `Partial` wherever this cannot have been all."""
        if self.changed_since is not None:
            yield Partial(f"only what changed since {self.changed_since:%Y-%m-%d %H:%M} UTC was asked for")
        if self.paging is None or self.location.file is not None:
            yield from self._objects(*self._ask(None, self.params), page=1)
        elif self.paging.kind == "link":
            yield from self._by_link(self.paging)
        elif self.paging.kind == "cursor":
            yield from self._by_cursor(self.paging)
        else:
            yield from self._by_number(self.paging)
        total = self._claims.total
        if total is not None and self._read < total:
            yield Partial(f"{self.location.start} says it has {total} records, but gave {self._read}")

    def _by_link(self, paging: Paging) -> Iterator[Found | Partial]:
        url, params, asked = self.location.start, self.params, set[str]()
        for page in range(1, paging.max_pages + 1):
            asked.add(url)
            answer, document = self._ask(url, params)
            asked.add(answer.url)
            yield from self._objects(answer, document, page=page)
            following = self._next_link(paging, answer, document)
            if following is None:
                return
            if following in asked:
                yield Partial(
                    f"page {page} of {self.location.start} links to {following} as the next, which came before"
                )
                return
            url, params = following, {}
        yield self._endless(paging)

    def _next_link(self, paging: Paging, answer: Response, document: Any) -> str | None:
        assert paging.next is not None
        if (paging.next.header or "").lower() == "link":
            return answer.links.get("next")
        link = paging.next.first(answer, document)
        return urljoin(answer.url, link) if isinstance(link, str) and link else None

    def _by_cursor(self, paging: Paging) -> Iterator[Found | Partial]:
        assert paging.next is not None
        cursor: str | None = None
        asked: set[str | None] = set()
        for page in range(1, paging.max_pages + 1):
            asked.add(cursor)
            more = {} if cursor is None else {paging.parameter: cursor}
            answer, document = self._ask(None, {**self.params, **self._size(paging), **more})
            yield from self._objects(answer, document, page=page)
            following = paging.next.first(answer, document)
            if following in (None, "", False):
                return
            cursor = str(following)
            if cursor in asked:
                yield Partial(f"page {page} of {self.location.start} gives a cursor that came before")
                return
        yield self._endless(paging)

    def _by_number(self, paging: Paging) -> Iterator[Found | Partial]:
        number, earlier = paging.first, set[bytes]()
        for page in range(1, paging.max_pages + 1):
            params = {**self.params, **self._size(paging), paging.parameter: str(number)}
            try:
                answer, document = self._ask(None, params)
            except BadStatus as error:
                if page > 1 and self._ends_with(paging, error.status, page):
                    return
                raise
            objects = list(self._objects(answer, document, page=page))
            if not objects:
                if self._claims.pages is not None and page <= self._claims.pages:
                    yield Partial(
                        f"{self.location.start} says it has {self._claims.pages} pages, but page {page} is empty"
                    )
                return
            digest = hashlib.sha256(orjson.dumps([found.value for found in objects])).digest()
            if digest in earlier:
                self._read -= len(objects)
                if not self._all_claimed(page):
                    yield Partial(f"page {page} of {self.location.start} repeats an earlier page; is it paged at all?")
                return
            earlier.add(digest)
            yield from objects
            number += len(objects) if paging.kind == "offset" else 1
        yield self._endless(paging)

    def _all_claimed(self, page: int) -> bool:
        """Whether everything that the server claims to have came before this page."""
        claims = self._claims
        if claims.total is not None:
            return self._read >= claims.total
        return claims.pages is not None and page > claims.pages

    def _ends_with(self, paging: Paging, status: int, page: int) -> bool:
        return status in paging.end_status or (status in _BEYOND_THE_END and self._all_claimed(page))

    def _size(self, paging: Paging) -> dict[str, str]:
        return {paging.size_parameter: str(paging.size)} if paging.size_parameter else {}

    def _endless(self, paging: Paging) -> Partial:
        return Partial(
            f"{self.location.start} still has a next page after {paging.max_pages} pages; reading stopped there"
        )

    def _ask(self, url: str | None, params: dict[str, str]) -> tuple[Response, Any]:
        answer = self.location.get(self.context.fetch, accept=self.accept, url=url, params=params)
        document = answer.json()
        if answer.note:
            self.context.notes(answer.note)
        return answer, document

    def _objects(self, answer: Response, document: Any, *, page: int) -> Iterator[Found]:
        kinds = list if self.records.text.rstrip().endswith("]") else (list, dict)
        if self.holder is not None and not any(isinstance(held, kinds) for _, held in self.holder.matches(document)):
            raise SourceFailed(f"{answer.url} holds no list at {self.holder.text}; it answered {_shown(document)}")
        self._claims = self._claims.updated(self.paging, answer, document)
        for position, (name, value) in enumerate(self.records.matches(document), 1):
            self._read += 1
            where = f"record {position}" + (f" of page {page}" if self.paging else "")
            yield Found(value, name, where, document)


def _since(options: Options, context: Context) -> tuple[datetime | None, dict[str, str]]:
    parameter = options.needed("parameter", "the query parameter that takes the moment")
    form = options.choice("format", ("iso", "date", "unix", "unix_ms"))
    days = options.whole("for_days", 7)
    options.done()
    now = datetime.now(UTC)
    # A last reading in the future was written by a wrong clock: better everything than nothing.
    if context.since is None or not now - timedelta(days=days) <= context.since <= now:
        return None, {}
    moment = (context.since - _OVERLAP).astimezone(UTC)
    written = {
        "iso": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "date": f"{moment:%Y-%m-%d}",
        "unix": str(int(moment.timestamp())),
        "unix_ms": str(int(moment.timestamp() * 1000)),
    }
    return moment, {parameter: written[form]}


def _count(value: Any) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value.strip()):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _shown(document: Any) -> str:
    text = orjson.dumps(document).decode()
    return text if len(text) <= 80 else text[:79] + "…"
