"""requests with two locks: connections go only where the guard says, and end when their time is up."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Any, Self

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from harvesters.fetch.guard import Guard


class Watch:
    """Ends the connections it was shown after `seconds`, whatever they are doing.

    Time-outs of sockets start anew with every byte: a server that drips holds them open for hours.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.expired = False
        self._lock = threading.Lock()
        self._handles: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def over(self, connection: socket.socket) -> None:
        # A second handle: TLS takes the socket over while it shakes hands, http.client closes it early at
        # "Connection: close", and still there is something to end.
        handle = socket.fromfd(connection.fileno(), connection.family, connection.type)
        with self._lock:
            self._handles.append(handle)
            if self.expired:
                _shut(handle)

    def _end(self) -> None:
        with self._lock:
            self.expired = True
            for handle in self._handles:
                _shut(handle)

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._timer.cancel()
        with self._lock:
            for handle in self._handles:
                handle.close()
            self._handles.clear()


def _shut(handle: socket.socket) -> None:
    with contextlib.suppress(OSError):
        handle.shutdown(socket.SHUT_RDWR)


class Transport(HTTPAdapter):
    """The adapter of one fetcher; `watch` is set for the time of one exchange."""

    def __init__(self, guard: Guard, *, proxied: bool = False) -> None:
        self.watch: Watch | None = None
        transport = self

        class Plain(_GuardedConnection, HTTPConnection):
            pass

        class Secure(_GuardedConnection, HTTPSConnection):
            pass

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        for kind in (Plain, Secure):
            kind.transport = transport
            kind.guard = None if proxied else guard
        self._pools = {"http": PlainPool, "https": SecurePool}
        super().__init__(pool_connections=20, pool_maxsize=4, max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: Any, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = self._pools
        return manager


class _GuardedConnection(HTTPConnection):
    transport: Transport
    guard: Guard | None  # None: the connection is to the operator's own proxy

    def _new_conn(self) -> socket.socket:
        if self.guard is None:
            connection = super()._new_conn()
        else:
            timeout = self.timeout if isinstance(self.timeout, int | float) else 10.0
            connection = self.guard.connect(self._dns_host.rstrip("."), self.port, timeout)
        self._be_watched(connection)
        return connection

    def request(self, *args: Any, **options: Any) -> None:
        if self.sock is not None:  # a connection kept alive from an earlier exchange
            self._be_watched(self.sock)
        super().request(*args, **options)

    def _be_watched(self, connection: socket.socket) -> None:
        if self.transport.watch is not None:
            self.transport.watch.over(connection)
