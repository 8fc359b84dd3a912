"""Work that must not hold up its caller, or may go wrong: a process that answers question after question, and can be
killed over any of them.

It is started anew (nothing is forked, so threads do no harm) and ends by itself when its caller does, however that
ends: the pipe it listens to closes.
"""

from __future__ import annotations

import contextlib
import os
import queue
import select
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from importlib import import_module
from typing import IO, Self

Handler = Callable[[bytes], bytes]
"""Answers one question; what it raises is told to the caller as a text."""

_LENGTH = struct.Struct(">BQ")
_ANSWER, _FAILURE, _READY = range(3)


class WorkerFailed(Exception):
    """No answer: the handler raised (the message says what), or the process died."""


class WorkerTimedOut(WorkerFailed):
    """No answer in time; the process was killed and the next question starts another one."""


class Worker:
    """One process around `make`, named as `module:function`: it makes the handler. One question at a time.

    Args:
        memory: MiB of address space that the process may use.
    """

    def __init__(self, make: str, *, memory: int | None = None) -> None:
        self._command = [sys.executable, "-m", "registry.worker", make, str(memory or 0)]
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = False

    def start(self) -> None:
        """Start the process, unless it runs; returns at once while it gets ready."""
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    @property
    def ready(self) -> bool:
        """Whether it could answer now; never waits."""
        if self._process is None or self._process.stdout is None:
            return False
        if not self._ready and _readable(self._process.stdout.fileno(), 0):
            with contextlib.suppress(WorkerFailed):
                self.await_ready(None)
        return self._ready

    def await_ready(self, end: float | None = None) -> None:
        """Wait until it could answer. `end` is a moment of the monotonic clock. Raises like `ask`."""
        if not self._ready:
            self._frame(end)
            self._ready = True

    @property
    def answered(self) -> bool:
        """Whether `receive` need not wait: for an answer, or for the news that the process has died."""
        pipe = self._process.stdout if self._process else None
        return pipe is None or _readable(pipe.fileno(), 0)

    @property
    def pid(self) -> int | None:
        """The number of the process that runs now."""
        return self._process.pid if self._process else None

    def ask(self, question: bytes, seconds: float | None = None) -> bytes:
        """Ask and wait. Starts the process where there is none; getting ready counts towards the time.

        Raises:
            WorkerTimedOut: after `seconds`.
            WorkerFailed: when the handler raised or the process died.
        """
        end = None if seconds is None else time.monotonic() + seconds
        self.send(question, end)
        return self.receive(end)

    def send(self, question: bytes, end: float | None = None) -> None:
        """Ask without waiting for the answer. `end` is a moment of the monotonic clock."""
        self.start()
        self.await_ready(end)
        pipe = self._process.stdin if self._process else None
        assert pipe is not None
        try:
            pipe.write(_LENGTH.pack(_ANSWER, len(question)) + question)
            pipe.flush()
        except OSError:
            self.close()
            raise WorkerFailed("the process died before it was asked") from None

    def receive(self, end: float | None = None) -> bytes:
        """The answer to the question that was sent. Raises like `ask`."""
        kind, answer = self._frame(end)
        if kind == _FAILURE:
            raise WorkerFailed(answer.decode("utf-8", "replace"))
        return answer

    def close(self) -> None:
        """End the process, whatever it is doing."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                with contextlib.suppress(OSError):
                    if pipe is not None:
                        pipe.close()
        self._process, self._ready = None, False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _frame(self, end: float | None) -> tuple[int, bytes]:
        kind, length = _LENGTH.unpack(self._read(_LENGTH.size, end))
        return kind, self._read(length, end)

    def _read(self, length: int, end: float | None) -> bytes:
        pipe = self._process.stdout if self._process else None
        assert pipe is not None
        descriptor, pieces = pipe.fileno(), []
        while length:
            left = None if end is None else max(0.0, end - time.monotonic())
            try:
                readable = _readable(descriptor, left)
                piece = os.read(descriptor, min(length, 1 << 20)) if readable else b""
            except OSError:  # another thread has closed it
                readable, piece = True, b""
            if not readable:
                self.close()
                raise WorkerTimedOut("it took too long")
            if not piece:
                self.close()
                raise WorkerFailed("the process died over it")
            pieces.append(piece)
            length -= len(piece)
        return b"".join(pieces)


def _readable(descriptor: int, seconds: float | None) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(None if seconds is None else seconds * 1000))


def main() -> None:
    """The process itself: make the handler, say that it is ready, answer until nobody asks any more."""
    make, memory = sys.argv[1:3]
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not spoil an answer
    questions: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, questions), daemon=True).start()
    module, _, name = make.partition(":")
    handle: Handler = getattr(import_module(module), name)()
    if int(memory):
        import resource

        # not the hard limit: what this process starts has limits of its own
        resource.setrlimit(resource.RLIMIT_AS, (int(memory) << 20, resource.getrlimit(resource.RLIMIT_AS)[1]))
    _tell(answers, _READY, b"")
    while True:
        try:
            kind, answer = _ANSWER, handle(questions.get())
        except MemoryError:
            kind, answer = _FAILURE, b"it needs more memory than there is for it"
        except Exception as error:
            kind, answer = _FAILURE, f"{type(error).__name__}: {error}".encode()
        _tell(answers, kind, answer)


def _listen(stream: IO[bytes], questions: queue.SimpleQueue[bytes]) -> None:
    """Take questions; the end of the stream is the end of the caller, and of this process in the middle of its work."""
    while len(head := stream.read(_LENGTH.size)) == _LENGTH.size:
        questions.put(stream.read(_LENGTH.unpack(head)[1]))
    os._exit(0)


def _tell(stream: IO[bytes], kind: int, text: bytes) -> None:
    stream.write(_LENGTH.pack(kind, len(text)) + text)
    stream.flush()


if __name__ == "__main__":
    main()
