"""The client's end of one worker."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import socket
from collections import deque
from enum import Enum

from registry.engine.frames import FrameReader, Kind

_RECEIVED_AT_ONCE = 256 * 2**10


class Killed(Enum):
    """Why the client killed a worker."""

    TIMED_OUT = "timed out"
    CROWDED_OUT = "crowded out"  # others were waiting, and this one had run its fair share
    GIVEN_UP = "given up"  # the reader went away, or went to sleep
    STOPPED = "stopped"  # the engine ends


class Link:
    """A connection to one worker process and the right to kill it.

    Reading is done only when asked for, so a slow reader holds the worker back instead of filling our memory. The loop
    keeps listening between two questions, which costs less than to begin and to stop for each of them.
    """

    def __init__(self, number: int, generation: int, sequence: int, connection: socket.socket, pidfd: int) -> None:
        self.number = number
        self.generation = generation
        self.sequence = sequence
        self.killed: Killed | None = None
        self._connection = connection
        self._connection.setblocking(False)
        self._wanted: asyncio.Future[bytes] | None = None
        self._listening = False
        self._pidfd = pidfd
        self._reader = FrameReader()
        self._frames: deque[tuple[Kind, bytes]] = deque()

    @property
    def alive(self) -> bool:
        """Whether the process still runs (a pidfd becomes readable when it ends)."""
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        return not poll.poll(0)

    async def send(self, data: bytes) -> None:
        """Raises OSError when the worker is gone."""
        await asyncio.get_running_loop().sock_sendall(self._connection, data)

    async def frame(self) -> tuple[Kind, bytes] | None:
        """The next frame, None when the worker is gone."""
        while not self._frames:
            data = await self._received()
            if not data:
                return None
            self._frames.extend(self._reader.feed(data))
        return self._frames.popleft()

    async def _received(self) -> bytes:
        """What the worker says next; nothing when it is gone."""
        loop = asyncio.get_running_loop()
        self._wanted = loop.create_future()
        if not self._listening:
            self._listening = True
            loop.add_reader(self._connection, self._readable)
        try:
            return await self._wanted
        finally:
            self._wanted = None

    def _readable(self) -> None:
        if self._wanted is None or self._wanted.done():  # nobody asked: it waits in the kernel
            self._stop_listening()
            return
        try:
            self._wanted.set_result(self._connection.recv(_RECEIVED_AT_ONCE))
        except BlockingIOError:
            return
        except OSError:
            self._wanted.set_result(b"")

    def _stop_listening(self) -> None:
        if self._listening:
            self._listening = False
            asyncio.get_running_loop().remove_reader(self._connection)

    def kill(self, why: Killed) -> None:
        """End the process now; whoever waits for a frame gets None. The first reason stands."""
        if self.killed is None and self._pidfd >= 0:
            self.killed = why
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def close(self) -> None:
        """Hang up: an idle worker ends itself."""
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1
            self._stop_listening()
            self._connection.close()
