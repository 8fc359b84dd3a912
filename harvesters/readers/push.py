"""A source that is not read: its partner writes its records (docs/federation.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harvesters.readers.options import Options
from harvesters.reading import Context, Item, Partial


def read(options: Mapping[str, Any], context: Context) -> Iterator[Item]:
    """Nothing, and so nothing is missing."""
    Options("push", options).done()
    yield Partial("its partner writes this source; there is nothing to read")
