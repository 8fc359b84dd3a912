"""An answer as readers see it: complete, unpacked, within all limits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from functools import cached_property
from typing import Any
from urllib.parse import urljoin

import orjson
from requests.utils import parse_header_links

from harvesters.fetch.decoding import Decoded, decode
from harvesters.fetch.depth import MAX_DEPTH, deeper_than
from harvesters.fetch.errors import BadContent, FetchError


@dataclass(frozen=True)
class Response:
    """`url` is the address that answered in the end; header names are case-insensitive.

    `unchanged` is true when the server said 304 and `content` comes from the cache. It says nothing about
    whether an earlier run came as far as using that content.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)
    unchanged: bool = False

    @property
    def media_type(self) -> str:
        """`type/subtype` in lower case without parameters; empty when not given."""
        return self._content_type.get_content_type() if "Content-Type" in self.headers else ""

    @cached_property
    def _content_type(self) -> Message:
        message = Message()
        message["Content-Type"] = self.headers.get("Content-Type", "")
        return message

    @cached_property
    def decoded(self) -> Decoded:
        declared = self._content_type.get_param("charset")
        return decode(self.content, declared if isinstance(declared, str) else None)

    @property
    def text(self) -> str:
        return self.decoded.text

    @property
    def note(self) -> str | None:
        """What was odd about the encoding, naming the address; `None` when nothing was."""
        return None if self.decoded.note is None else f"{self.url} is {self.decoded.note}."

    @property
    def links(self) -> dict[str, str]:
        """The `Link` header: relation → absolute address (the first of each relation)."""
        found: dict[str, str] = {}
        for link in parse_header_links(self.headers.get("Link", "")):
            for relation in link.get("rel", "").lower().split():
                found.setdefault(relation, urljoin(self.url, link["url"]))
        return found

    def json(self) -> Any:
        """The document; JSON at most `MAX_DEPTH` levels deep. Raises `BadContent`.

        NaN and Infinity are no JSON, but careless programs write them: they are read as what they are, so that one bad
        number costs its own record and not the whole list.
        """
        text = self.text.strip("\ufeff \t\r\n")
        if not text:
            raise BadContent(self.url, "answered nothing instead of JSON.")
        if text.startswith("<"):
            markup = "HTML" if "xml" not in self.media_type and not text.startswith("<?xml") else "XML"
            raise BadContent(self.url, f"answered {markup} instead of JSON ({_quoted(text)}).")
        try:
            document = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            complaint = _json_complaint(text, error)
            if "NaN" not in complaint:
                raise BadContent(self.url, complaint) from None
            document = self._with_infinities(text, complaint)
        except RecursionError:
            raise BadContent(self.url, f"answered JSON nested deeper than {MAX_DEPTH} levels.") from None
        if text.count("[") + text.count("{") > MAX_DEPTH and deeper_than(document, MAX_DEPTH):
            raise BadContent(self.url, f"answered JSON nested deeper than {MAX_DEPTH} levels.")
        return document

    def _with_infinities(self, text: str, complaint: str) -> Any:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise BadContent(self.url, complaint) from None


def _json_complaint(text: str, error: orjson.JSONDecodeError) -> str:
    where = f"line {error.lineno}, column {error.colno}"
    message = error.msg
    if "depth" in message:
        return f"answered JSON nested deeper than {MAX_DEPTH} levels."
    if "unexpected end" in message or error.pos >= len(text.rstrip()):
        return f"answered JSON that breaks off after {len(text)} characters; the answer is incomplete."
    rest = text[error.pos :].lstrip("-")
    if rest.startswith(("NaN", "Infinity")) or "infinity" in message:
        return f"answered NaN or Infinity at {where}, which is no JSON."
    if text[0] not in '{["-0123456789tfn':
        return f"answered something that is not JSON ({_quoted(text)})."
    return f"answered broken JSON at {where}: {message} near {_quoted(text[max(0, error.pos - 10) :])}."


def _quoted(text: str) -> str:
    start = " ".join(text[:200].split())
    return repr(start[:40] + ("…" if len(start) > 40 else ""))


class BadStatus(FetchError):
    """An HTTP status other than success.

    `response` is the answer where its body could be read (some APIs say the reason there);
    `retry_at` is when the host asks us to come back.
    """

    def __init__(
        self,
        url: str,
        happened: str,
        *,
        status: int,
        response: Response | None = None,
        retry_at: datetime | None = None,
    ) -> None:
        super().__init__(url, happened)
        self.status = status
        self.response = response
        self.retry_at = retry_at
