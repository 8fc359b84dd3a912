"""Templates compiled once, kept beside them as Python keeps its modules: compiling took longer than the first page."""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import suppress
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket, BytecodeCache


class Compiled(BytecodeCache):
    """Compiled templates in a `__pycache__` below their folder; a template that has changed is compiled anew.

    Where nothing can be written, or Python is told not to, each process compiles what it needs.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "__pycache__"

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError), self._file(bucket).open("rb") as file:
            bucket.load_bytecode(file)

    def dump_bytecode(self, bucket: Bucket) -> None:
        if sys.dont_write_bytecode:
            return
        file = self._file(bucket)
        new = file.with_suffix(f".{os.getpid()}")
        with suppress(OSError):
            self._folder.mkdir(exist_ok=True)
            new.write_bytes(bucket.bytecode_to_string())
            os.replace(new, file)

    def _file(self, bucket: Bucket) -> Path:
        """Named after all that the outcome depends on; of the template itself the bucket holds a checksum."""
        env = bucket.environment
        made_by = f"{jinja2.__version__} {env.autoescape} {env.trim_blocks} {env.lstrip_blocks} {sorted(env.filters)}"
        edition = hashlib.sha256(made_by.encode()).hexdigest()[:8]
        return self._folder / f"{bucket.key}.{edition}.{sys.implementation.cache_tag}"
