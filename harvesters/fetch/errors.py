"""What can go wrong with one address: every message is one sentence that names it and says what happened."""

from __future__ import annotations

from harvesters.failure import SourceFailed


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


class BadContent(FetchError):
    """The answer arrived but is not what it should be: HTML for JSON, cut off, undecodable."""
