"""Sources as they are named on the command line."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from harvesters.source import Source
from registry.config import Config
from registry.sources import sources


def named(config: Config, names: Sequence[str] | None) -> list[Source]:
    """The sources with these ids; without any, all that are enabled. Raises BadParameter, which names all ids."""
    known = sources(config)
    if not names:
        return [source for source in known.values() if source.enabled]
    if unknown := [name for name in names if name not in known]:
        raise typer.BadParameter(f"there is no source '{unknown[0]}'; known are: {', '.join(sorted(known))}")
    return [known[name] for name in names]
