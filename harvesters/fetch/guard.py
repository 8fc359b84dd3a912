"""Which addresses may be asked: public http(s) only, unless the operator allows more.

The guard looks twice. `Guard.check` reads the address as written and gives sentences early;
`Guard.connect` is the lock: it resolves a name once, connects to the very address it has checked
(so a second DNS answer cannot send us elsewhere), and compares the peer of the open socket.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, cast

import idna
from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

Address = tuple[int, tuple[Any, ...]]  # (address family, socket address)
Resolve = Callable[[str, int], list[Address]]
Connect = Callable[[Address, float], socket.socket]
IP = ipaddress.IPv4Address | ipaddress.IPv6Address

# IANA special-purpose address registry: everything that is not "globally reachable", and the 6to4 relays.
_NOT_PUBLIC_V4 = [
    ipaddress.IPv4Network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
]
# Of IPv6 only 2000::/3 is global unicast; these are the holes in it (IETF protocols with Teredo, documentation).
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = [ipaddress.IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "3fff::/20")]
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are the IPv4 address
_6TO4 = ipaddress.IPv6Network("2002::/16")  # RFC 3056: bits 16 to 48 are the IPv4 address


class Forbidden(Exception):
    """The reason why an address is not asked, as the end of a sentence that begins with the address."""


class NoConnection(Exception):
    """Why there is no connection; `timed_out` when it was for want of time, `lasting` when a retry is vain."""

    def __init__(self, happened: str, *, timed_out: bool = False, lasting: bool = False) -> None:
        super().__init__(happened)
        self.timed_out = timed_out
        self.lasting = lasting


def is_public(address: str) -> bool:
    """Whether an IP address is reachable from the whole internet, looking into embedded IPv4 addresses."""
    ip: IP = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in _NOT_PUBLIC_V4)
    if ip in _NAT64:
        return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    if ip in _6TO4:
        return is_public(str(ipaddress.IPv4Address(int(ip) >> 80 & 0xFFFFFFFF)))
    if int(ip) >> 32 & 0xFDFFFFFF == 0x00005EFE:  # ISATAP (RFC 5214): …:0:5efe:IPv4, or 200:5efe
        return False
    return ip in _GLOBAL_V6 and not any(ip in network for network in _NOT_PUBLIC_V6)


class Guard:
    """`allowed` holds `host` or `host:port` entries that may be private; every other host must be public."""

    def __init__(
        self, allowed: Iterable[str] = (), *, resolve: Resolve | None = None, connect: Connect | None = None
    ) -> None:
        self._allowed = frozenset(_host_and_port(entry) for entry in allowed)
        self._resolve = resolve or resolve_by_system
        self._connect = connect or connect_socket

    def check(self, url: str) -> str:
        """The address in the one form in which it will be asked.

        Raises `Forbidden` for what can be told without asking the DNS.
        """
        url = url.strip()
        if re.search(r"[\x00-\x20\x7f\\]", url):
            raise Forbidden("is not asked: the address contains spaces, control characters or backslashes.")
        try:
            parts = parse_url(url)
        except LocationParseError:
            raise Forbidden("is not asked: the address cannot be read.") from None
        if parts.scheme not in ("http", "https"):
            raise Forbidden("is not asked: only http and https addresses are.")
        if parts.auth is not None:
            raise Forbidden("is not asked: the address contains credentials.")
        if not parts.host:
            raise Forbidden("is not asked: the address names no host.")
        if parts.port == 0:
            raise Forbidden("is not asked: port 0 does not exist.")
        host = _ascii_host(parts.host)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        self._check_literal(host, port)
        return Url(parts.scheme, None, host, parts.port, parts.path or "/", parts.query).url

    def _check_literal(self, host: str, port: int) -> None:
        if self.allows(host, port):
            return
        bare = host.strip("[]")
        try:
            public = is_public(bare)
        except ValueError:
            # 2130706433, 0x7f.1 and 0177.0.0.1 are addresses for the system's resolver, names for a careless check.
            if re.fullmatch(r"\d+|0x[0-9a-f]*", bare.rstrip(".").rpartition(".")[2]):
                raise Forbidden("is not asked: its host is a number in disguise.") from None
            return
        if not public:
            raise Forbidden(f"is not asked: {bare} is not a public address (see fetch.allow_private_hosts).")

    def allows(self, host: str, port: int) -> bool:
        """Whether the operator allows this host to be private."""
        name = host.strip("[]").lower().rstrip(".")
        return (name, None) in self._allowed or (name, port) in self._allowed

    def connect(self, host: str, port: int, timeout: float) -> socket.socket:
        """An open socket to a checked address of `host`.

        Raises `Forbidden` when no address may be asked, `NoConnection` when none answers.
        """
        end = time.monotonic() + timeout
        addresses = self._lookup(host, port, timeout)
        private_allowed = self.allows(host, port)
        permitted = [a for a in addresses if private_allowed or is_public(str(a[1][0]))]
        if not permitted:
            raise Forbidden(f"is not asked: {host} leads to {addresses[0][1][0]}, which is not a public address.")
        reason: OSError = OSError("no address answers")
        for number, address in enumerate(permitted):
            share = max(0.05, end - time.monotonic()) / (len(permitted) - number)
            try:
                connection = self._connect(address, share)
            except OSError as error:
                reason = error
                continue
            peer = str(connection.getpeername()[0])
            if not _same(peer, str(address[1][0])) or not (private_allowed or is_public(peer)):
                connection.close()
                raise Forbidden(f"is not asked: the connection went to {peer}, not to the address that was checked.")
            return connection
        if isinstance(reason, TimeoutError):
            raise NoConnection(f"did not accept a connection within {timeout:g} s.", timed_out=True)
        raise NoConnection(f"cannot be connected to ({reason.strerror or reason}).")

    def _lookup(self, host: str, port: int, timeout: float) -> list[Address]:
        # The system's resolver knows no time limit, so it is given a thread of its own.
        found: list[list[Address] | OSError] = []

        def look() -> None:
            try:
                found.append(self._resolve(host, port))
            except (OSError, UnicodeError) as error:
                found.append(OSError(str(error)))

        thread = threading.Thread(target=look, daemon=True, name=f"resolve {host}")
        thread.start()
        thread.join(timeout)
        if not found:
            raise NoConnection(
                f"cannot be reached: the name server did not answer within {timeout:g} s.", timed_out=True
            )
        if isinstance(found[0], OSError) or not found[0]:
            # Resolvers have asked several times already.
            happened = f"cannot be reached: the name {host} does not exist, or no name server answers."
            raise NoConnection(happened, lasting=True)
        return found[0]


def resolve_by_system(host: str, port: int) -> list[Address]:
    return [
        (int(family), address)
        for family, _, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        if family in (socket.AF_INET, socket.AF_INET6)
    ]


def connect_socket(address: Address, timeout: float) -> socket.socket:
    connection = socket.socket(address[0], socket.SOCK_STREAM)
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(timeout)
        connection.connect(cast(Any, address[1]))
    except BaseException:
        connection.close()
        raise
    return connection


def _same(one: str, other: str) -> bool:
    return ipaddress.ip_address(one.partition("%")[0]) == ipaddress.ip_address(other.partition("%")[0])


def _ascii_host(host: str) -> str:
    if host.startswith("["):
        return host.lower()
    if host.isascii():
        name = host.lower()
    else:
        try:
            # UTS 46 as browsers do it; it also turns full-width digits into the digits they are.
            name = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError:
            raise Forbidden("is not asked: its host is not a valid name.") from None
    if not re.fullmatch(r"[a-z0-9._-]+", name):
        raise Forbidden("is not asked: its host is not a valid name.")
    return name


def _host_and_port(entry: str) -> tuple[str, int | None]:
    entry = entry.strip().lower()
    match = re.fullmatch(r"(\[[0-9a-f:.]+\]|[^:\[\]/]+)(?::(\d{1,5}))?|([0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*)", entry)
    if match is None:
        raise ValueError(f"allow_private_hosts: {entry!r} is neither a host nor host:port.")
    return (match[1] or match[3]).strip("[]"), int(match[2]) if match[2] else None
