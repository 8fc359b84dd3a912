"""The sources that a registry knows."""

from __future__ import annotations

from harvesters.source import SHIPPED, Source, discover
from registry.config import Config


def sources(config: Config) -> dict[str, Source]:
    """The sources that ship and the operator's own, with the settings of `registry.toml` applied.

    Raises:
        SourceError: naming the file and the key.
    """
    return discover((SHIPPED, config.data / config.sources_folder), config.sources)
