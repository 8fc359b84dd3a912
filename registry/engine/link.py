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

    Reading is done only when asked for, so a slow reader holds the worker back instead of filling our memory.
    """

    def __init__(self, number: int, generation: int, sequence: int, connection: socket.socket, pidfd: int) -> None:
        self.number = number
        self.generation = generation
        self.sequence = sequence
        self.killed: Killed | None = None
        self._connection = connection
        self._connection.setblocking(False)
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
            try:
                data = await asyncio.get_running_loop().sock_recv(self._connection, _RECEIVED_AT_ONCE)
            except OSError:
                return None
            if not data:
                return None
            self._frames.extend(self._reader.feed(data))
        return self._frames.popleft()

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
            self._connection.close()
