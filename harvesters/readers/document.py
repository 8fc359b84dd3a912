"""The document that a source is: one address on the web, or one file beside its `source.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from harvesters.fetch import Fetcher, Response
from harvesters.readers.options import Options
from harvesters.reading import SourceFailed


@dataclass(frozen=True)
class Location:
    """Where to read: options `url` or `file`, `headers` (sent to the origin of `url` only) and `robots`."""

    url: str | None
    file: Path | None
    headers: Mapping[str, str]
    robots: bool

    @classmethod
    def of(cls, options: Options) -> Location:
        url, file = options.text("url"), options.text("file")
        if (url is None) == (file is None):
            raise options.wrong("url", "or 'file' is needed, one of the two: where the data is")
        headers = options.mapping("headers")
        if not all(isinstance(value, str) for value in headers.values()):
            raise options.wrong("headers", "must be a table of texts")
        return cls(url, None if file is None else Path(file), headers, options.flag("robots", True))

    @property
    def start(self) -> str:
        """The address to begin with; that of a file is only a name."""
        return self.url if self.url is not None else str(self.file)

    @property
    def base(self) -> str | None:
        """What relative addresses are relative to; a file has no public address."""
        return self.url

    def get(
        self, fetch: Fetcher, *, accept: str, url: str | None = None, params: Mapping[str, str] | None = None
    ) -> Response:
        """The document, or another page of it at `url`."""
        if self.file is not None:
            return self._read()
        address = url or self.start
        headers = self.headers if _origin(address) == _origin(self.start) else {}
        return fetch.get(address, params=params, headers=headers, accept=accept, robots=self.robots)

    def _read(self) -> Response:
        assert self.file is not None
        try:
            content = self.file.read_bytes()
        except OSError as error:
            raise SourceFailed(f"{self.file.name} cannot be read: {error.strerror or error}") from None
        return Response(self.file.name, 200, {}, content)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.lower()
