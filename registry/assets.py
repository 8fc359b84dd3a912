"""Where ontology and shapes lie: at top level in a checkout, inside the package when installed."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def ontology_dir() -> Path:
    """Folder of `orte.ttl`, `concepts.ttl`, `regions.ttl` and `context.jsonld`."""
    return _folder("ontology")


def shapes_dir() -> Path:
    """Folder of the SHACL shapes."""
    return _folder("shapes")


def _folder(name: str) -> Path:
    packaged = _PACKAGE / "_data" / name
    return packaged if packaged.is_dir() else _PACKAGE.parent / name
