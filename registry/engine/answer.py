"""An answer on its way from a worker to a reader."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from signal import SIGKILL, SIGXCPU
from typing import Any

import orjson

from registry.engine.errors import EngineError, EngineStarting, QueryRefused, QueryTimedOut, QueryTooExpensive
from registry.engine.frames import Kind
from registry.engine.interface import AnswerKind
from registry.engine.link import Killed, Link

_AWAY = 5.0  # seconds after which an engine elsewhere may have come back


class WorkerLost(Exception):
    """The worker was killed, not by us, before it said anything: another one may be asked. After so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Answer:
    """Implements QueryAnswer. ``open`` reads until the answer is complete or ``hold`` bytes of it are good.

    The deadline counts while we wait for the worker, not while the reader takes its time; a reader who takes
    nothing for ``stall`` seconds loses the rest.
    """

    kind: AnswerKind = "select"
    media_type = ""
    length: int | None = None
    truncated = False

    def __init__(
        self,
        link: Link,
        *,
        timeout: float,
        hold: int,
        stall: float,
        release: Callable[[Link, bool], None],
        cause_of_death: Callable[[Link], Awaitable[int | None]],
        starting: Callable[[], EngineStarting],
    ) -> None:
        self.sequence = link.sequence
        self._link = link
        self._timeout = self._left = timeout
        self._hold = hold
        self._stall = stall
        self._release = release
        self._cause_of_death = cause_of_death
        self._starting = starting
        self._held: list[bytes] = []
        self._ended = False
        self._dropped = False
        self._heard = False
        self._asked = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def open(self, request: bytes) -> None:
        """Ask, and hold the beginning back. Raises EngineError or WorkerLost; then the worker is given back."""
        try:
            held = 0
            started = self._asked = self._start_clock()
            try:
                await self._link.send(request)
            except OSError:
                raise await self._lost() from None
            while held < self._hold and (piece := await self._next()) is not None:
                self._held.append(piece)
                held += len(piece)
            if self._ended:
                self.length = held
            else:
                self._pause_clock(started)
        except BaseException:
            self._give_up()
            raise

    async def chunks(self) -> AsyncIterator[bytes]:
        try:
            for piece in self._held:
                yield piece
            self._held.clear()
            while not self._ended:
                started = self._start_clock()
                more = await self._next()
                if more is not None:
                    self._pause_clock(started)
                    yield more
            if self._dropped:
                raise QueryTimedOut(f"The rest of the answer was not taken for {self._stall:g} s and was dropped.")
        finally:
            self._give_up()

    async def aclose(self) -> None:
        self._give_up()

    async def _next(self) -> bytes | None:
        """The next piece, None after the last."""
        while True:
            frame = await self._link.frame()
            if frame is None:
                raise await self._lost()
            self._heard = True
            kind, payload = frame
            if kind is Kind.DATA:
                return payload
            if kind is Kind.HEADER:
                header = orjson.loads(payload)
                self.kind, self.media_type = header["kind"], header["media_type"]
                continue
            told = orjson.loads(payload)
            self._finish(fit=not told["retire"])
            if kind is Kind.ERROR:
                raise _told(told)
            self.truncated = told["truncated"]
            return None

    async def _lost(self) -> Exception:
        """Why the worker is gone, as what to raise."""
        killed = self._link.killed
        if killed is Killed.TIMED_OUT:
            return QueryTimedOut(
                f"The query ran longer than {self._timeout:g} s and was stopped. "
                "Ask for less, or more precisely; LIMIT alone does not help when everything has to be sorted."
            )
        if killed is Killed.CROWDED_OUT:
            return QueryTimedOut(
                "The query was stopped early because others were waiting. Ask for less, or ask again later.",
                retry_after=self._timeout,
            )
        if killed is Killed.STOPPED:
            return self._starting()
        signal = await self._cause_of_death(self._link)
        if self._link.killed is Killed.STOPPED:  # died with its host, which we knew only now
            return self._starting()
        if signal in (SIGKILL, 0, None) and not self._heard:
            return WorkerLost(asyncio.get_running_loop().time() - self._asked)
        return _died(signal, self._timeout)

    def _start_clock(self) -> float:
        self._stop_clock()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._left, self._link.kill, Killed.TIMED_OUT)
        return loop.time()

    def _pause_clock(self, started: float) -> None:
        self._stop_clock()
        loop = asyncio.get_running_loop()
        self._left = max(0.0, self._left - (loop.time() - started))
        self._timer = loop.call_later(self._stall, self._drop)

    def _drop(self) -> None:
        """Nobody takes the answer, perhaps nobody will: the worker must not wait for that."""
        self._dropped = True
        self._give_up()

    def _stop_clock(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        if not self._ended:
            self._link.kill(Killed.GIVEN_UP)
            self._finish(fit=False)

    def _finish(self, *, fit: bool) -> None:
        self._ended = True
        self._stop_clock()
        self._release(self._link, fit)


def _told(error: dict[str, Any]) -> EngineError:
    if error["kind"] == "refused":
        return QueryRefused(error["message"], line=error["line"], column=error["column"])
    if error["kind"] == "late":
        return QueryTimedOut(error["message"])
    if error["kind"] == "away":
        return EngineStarting(error["message"], retry_after=_AWAY)
    return QueryTooExpensive(error["message"])


def _died(number: int | None, timeout: float) -> EngineError:
    """``number`` is the signal a worker died of, 0 if it ended itself, None if nobody knows."""
    if number == SIGXCPU:
        return QueryTimedOut(f"The query used more than {timeout:g} s of computing time and was stopped.")
    if number in (SIGKILL, 0, None):
        return QueryTooExpensive("The process that answered the query has ended; ask again.")
    return QueryTooExpensive(
        "The query needs more memory, or nests deeper, than it may here. "
        "Ask for less: aggregate, filter or join over fewer triples."
    )
