"""How a list is paged: the options of `[read.paging]`, and paths into an answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jsonpath

from harvesters.fetch import Response
from harvesters.readers.options import Options


@dataclass(frozen=True)
class Paging:
    """Options of `[read.paging]`:

    kind: `link` (`next`: JSONPath of the next address, or `header:Link`), `page` (`parameter`, `first`,
        `size_parameter`, `size`), `offset` (the same), `cursor` (`parameter`, `next`: JSONPath of the next cursor).
    total, pages: JSONPath or `header:Name` of the number of records or pages that the server claims.
    end_status: statuses that mean "beyond the last page".
    max_pages: more is no list but a loop.
    """

    kind: str
    parameter: str
    next: Path | None
    first: int
    size_parameter: str | None
    size: int
    total: Path | None
    pages: Path | None
    end_status: tuple[int, ...]
    max_pages: int

    @classmethod
    def of(cls, options: Options) -> Paging:
        def path(name: str, default: str | None = None) -> Path | None:
            text = options.text(name, default)
            return None if text is None else Path(options, name, text)

        kind = options.choice("kind", ("link", "page", "offset", "cursor"))
        paging = cls(
            kind=kind,
            parameter=options.text("parameter", kind) or kind,
            next=path("next", "header:Link" if kind == "link" else None),
            first=options.whole("first", 0 if kind == "offset" else 1, least=0),
            size_parameter=options.text("size_parameter"),
            size=options.whole("size", 100),
            total=path("total"),
            pages=path("pages"),
            end_status=options.numbers("end_status"),
            max_pages=options.whole("max_pages", 1000),
        )
        if kind == "cursor" and paging.next is None:
            raise options.wrong("next", "is missing: the JSONPath of the next cursor")
        options.done()
        return paging


class Path:
    """A JSONPath, or `header:Name` for a response header."""

    def __init__(self, options: Options, name: str, text: str) -> None:
        self.header = text[7:].strip() if text.lower().startswith("header:") else None
        self.text = text
        try:
            self._compiled = None if self.header else jsonpath.compile(text)
        except jsonpath.JSONPathError as error:
            raise options.wrong(name, f"is not a valid JSONPath: {str(error).splitlines()[0]}") from None

    def first(self, answer: Response, document: Any) -> Any:
        if self._compiled is None:
            return answer.headers.get(self.header or "")
        return next((match.obj for match in self._compiled.finditer(document)), None)

    def matches(self, document: Any) -> Iterator[tuple[str, Any]]:
        """Name or position of each value, and the value."""
        if self._compiled is not None:
            for match in self._compiled.finditer(document):
                yield str(match.parts[-1] if match.parts else ""), match.obj
