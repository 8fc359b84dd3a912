"""Answers kept on disk for conditional requests: bounded, written atomically, and never trusted blindly."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

_ABANDONED = 3600.0  # seconds after which a half-written file belongs to nobody


@dataclass(frozen=True)
class Stored:
    """A successful answer; `headers` have names in lower case, or do not care about case."""

    url: str
    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)

    @property
    def validators(self) -> dict[str, str]:
        """The header lines that ask whether this answer still holds."""
        found = {"If-None-Match": self.headers.get("etag"), "If-Modified-Since": self.headers.get("last-modified")}
        return {name: value for name, value in found.items() if value}


class Cache:
    """A folder with one file an answer: a line of JSON about it, then its body.

    The file's time is that of its last use; beyond `max_bytes` the files longest unused go. Several processes
    may use one folder. A file that is damaged in any way counts as absent and is removed.
    """

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        folder.mkdir(parents=True, exist_ok=True)
        self._size = self._sweep()

    def load(self, key: str) -> Stored | None:
        path = self._path(key)
        try:
            with path.open("rb") as file:
                about = orjson.loads(file.readline())
                content = file.read()
            stored = _described(key, about, content)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            self.remove(key)
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return stored

    def store(self, key: str, stored: Stored) -> None:
        """Keep an answer, if it has a validator and is at most a quarter of the whole cache."""
        if not stored.validators or len(stored.content) > self._max_bytes // 4:
            self.remove(key)
            return
        about = orjson.dumps(
            {
                "key": key,
                "url": stored.url,
                "status": stored.status,
                "headers": {name.lower(): value for name, value in stored.headers.items()},
                "sha256": hashlib.sha256(stored.content).hexdigest(),
            }
        )
        path = self._path(key)
        # A full or read-only disk costs a saved request next time, never the harvest.
        with contextlib.suppress(OSError):
            path.parent.mkdir(exist_ok=True)
            before = path.stat().st_size if path.exists() else 0
            _write(path, about + b"\n" + stored.content)
            self._size += path.stat().st_size - before
        if self._size > self._max_bytes:
            self._size = self._sweep()

    def remove(self, key: str) -> None:
        with contextlib.suppress(OSError):
            path = self._path(key)
            size = path.stat().st_size
            path.unlink()
            self._size -= size

    def _path(self, key: str) -> Path:
        name = hashlib.sha256(key.encode()).hexdigest()
        return self._folder / name[:2] / name[2:]

    def _sweep(self) -> int:
        """Remove what is abandoned, and the longest unused until a tenth is free again; the bytes that remain."""
        files: list[tuple[float, int, Path]] = []
        for path in self._folder.glob("??/*"):
            with contextlib.suppress(OSError):
                facts = path.stat()
                if path.suffix == ".part":
                    if time.time() - facts.st_mtime > _ABANDONED:
                        path.unlink()
                else:
                    files.append((facts.st_mtime, facts.st_size, path))
        size = sum(file[1] for file in files)
        if size <= self._max_bytes:
            return size
        for _, bytes_freed, path in sorted(files):
            if size <= self._max_bytes * 9 // 10:
                break
            with contextlib.suppress(OSError):
                path.unlink()
            size -= bytes_freed
        return size


def _described(key: str, about: Any, content: bytes) -> Stored:
    if about["key"] != key or about["sha256"] != hashlib.sha256(content).hexdigest():
        raise ValueError("damaged")
    headers = {str(name): str(value) for name, value in about["headers"].items()}
    return Stored(str(about["url"]), int(about["status"]), headers, content)


def _write(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
