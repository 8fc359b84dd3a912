"""The web server, which tells when it is there."""

from __future__ import annotations

import socket

import uvicorn


class Server(uvicorn.Server):
    """Says when it answers."""

    when_ready = staticmethod(lambda: None)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.when_ready()
