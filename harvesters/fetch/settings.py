"""What the operator may set about fetching, with the defaults that are polite and safe."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def _version() -> str:
    try:
        return version("orte-registry")
    except PackageNotFoundError:
        return "0"


@dataclass(frozen=True)
class FetchSettings:
    """Times in seconds, sizes in bytes.

    `contact` is an address or mailbox at which the people we fetch from reach the operator.
    `allow_private_hosts` holds `host` or `host:port` entries; every other host must be public.
    With a `proxy` (`http://host:port`) it is the proxy that resolves names, so only addresses written as
    numbers can be refused here: the proxy must then keep us out of private networks itself.
    `ca_bundle` is a PEM file of certificate authorities to trust instead of the usual ones.
    """

    contact: str = "https://w3id.org/orte"
    allow_private_hosts: tuple[str, ...] = ()
    proxy: str | None = None
    ca_bundle: Path | None = None

    connect_timeout: float = 10.0
    read_timeout: float = 60.0  # between two pieces of an answer
    request_deadline: float = 180.0  # from connecting to the last byte of one answer
    run_deadline: float = 3600.0  # for everything one fetcher does, waiting included

    max_bytes: int = 100 * 1024 * 1024  # of one answer, as sent and unpacked
    max_expansion: int = 200  # unpacked : sent, beyond the first 8 MiB
    max_redirects: int = 5

    delay: float = 1.0  # between the beginnings of two requests to one host
    max_crawl_delay: float = 10.0  # what a robots.txt may ask for; beyond it we keep to this
    max_retries: int = 3
    retry_base: float = 1.0
    max_retry_wait: float = 120.0  # a Retry-After beyond it ends the request

    cache_bytes: int = 512 * 1024 * 1024  # of the folder of conditional requests, all sources together

    @property
    def user_agent(self) -> str:
        """`Orte/0.1 (+contact)`; robots.txt files address us as `Orte`."""
        contact = "".join(c for c in self.contact if c.isascii() and c.isprintable() and c not in "()")
        return f"Orte/{_version()} (+{contact})"
