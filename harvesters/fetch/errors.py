"""What can go wrong with one address: every message is one sentence that names it and says what happened."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from harvesters.failure import SourceFailed

if TYPE_CHECKING:
    from harvesters.fetch.response import Response


class FetchError(SourceFailed):
    """`url` could not be had; `str(error)` is the sentence. Uncaught, the whole reading has failed.

    `lasting` means that asking again at once cannot help.
    """

    def __init__(self, url: str, happened: str, *, lasting: bool = False) -> None:
        self.url = url
        self.lasting = lasting
        shown = url if len(url) <= 200 else url[:197] + "..."
        super().__init__("".join(c if c.isprintable() else "\ufffd" for c in f"{shown} {happened}"))


class Refused(FetchError):
    """We do not go there: not http(s), not a public address, credentials in the address."""


class RobotsForbidden(FetchError):
    """The host's robots.txt asks us not to fetch this, or could not be read (RFC 9309 §2.3.1.4)."""


class Unreachable(FetchError):
    """No answer: unknown name, refused or broken connection, TLS failure."""


class TimedOut(FetchError):
    """No complete answer within the time limit."""


class TooLarge(FetchError):
    """The answer exceeds the size limit, as sent or unpacked."""


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


class BadContent(FetchError):
    """The answer arrived but is not what it should be: HTML for JSON, cut off, undecodable."""
