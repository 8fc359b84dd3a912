"""What a process gives up: descriptors, memory, computing time, and its life when its parent dies. Linux only."""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import resource
import signal
import time

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
_LEAST = 32 * 2**20  # bytes without which a worker is none


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when the thread of ``parent`` that started it ends, however it ends."""
    if _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:  # it died before the call above
        os._exit(1)


def close_all_but(kept: int) -> None:
    """Close every descriptor except ``kept``; 0, 1 and 2 lead to /dev/null."""
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) != kept:
            with contextlib.suppress(OSError):  # the one that listdir itself had open
                os.close(int(name))


def confine(memory: int, descriptors: int = 0) -> None:
    """Allow ``memory`` more bytes than now, and nothing that reaches out: no new descriptor, file, or core dump.

    Without descriptors a SERVICE that got past the guard can open no socket. poll() fails too, so descriptors that
    are open must be used blocking. Only a worker that asks an engine elsewhere gets a few ``descriptors``.
    When the system itself runs out of memory, this process is the one to go.
    """
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "wb", buffering=0) as score:
        score.write(b"1000")
    with open("/proc/self/statm", "rb") as statm:
        now = int(statm.read().split()[0]) * resource.getpagesize()
    if _allowed(resource.RLIMIT_AS, now + memory) < now + min(memory, _LEAST):
        raise MemoryError("the limit on memory leaves a worker nothing to work with")
    for limit, value in (
        (resource.RLIMIT_AS, now + memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, descriptors),
    ):
        value = _allowed(limit, value)
        resource.setrlimit(limit, (value, value))


def allow_computing(seconds: float) -> None:
    """Let the kernel end this process (SIGXCPU) after so many more seconds of computing, rounded up to whole ones."""
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = _allowed(resource.RLIMIT_CPU, math.ceil(time.process_time() + seconds))
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _allowed(limit: int, value: int) -> int:
    """As much of it as the operator has left us (`ulimit -v`, `LimitAS=`): more cannot be had, and is not needed."""
    hard = resource.getrlimit(limit)[1]
    return value if hard == resource.RLIM_INFINITY else min(value, hard)


def give_back_memory() -> None:
    """Return freed memory to the system, so that it is not counted for (and copied by) every forked worker."""
    trim = getattr(_LIBC, "malloc_trim", None)  # glibc only
    if trim is not None:
        trim(0)
