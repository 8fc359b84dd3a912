"""Which dumps there are: the manifest that lies beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import orjson

from registry.config import Config
from registry.ledger import Ledger
from registry.position import seal

FOLDER = "dump"
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class DumpFile:
    """One file: its name below `/dump/`, size in bytes, SHA-256 in hex, and when its content last changed."""

    name: str
    size: int
    sha256: str
    modified: str

    @property
    def suffix(self) -> str:
        """The format inside the compression."""
        return self.name.removesuffix(".gz").rpartition(".")[2]


@dataclass(frozen=True)
class Manifest:
    """All dump files, and the ledger's sequence that they show; `seal` tells that from one of another history."""

    sequence: int
    files: Mapping[str, DumpFile]
    seal: str = ""

    def shows(self, ledger: Ledger) -> bool:
        """Whether the ledger stands where it stood. After a restore it may be as far, with something else in it."""
        sequence = ledger.sequence()
        return (self.sequence, self.seal) == (sequence, seal(ledger, sequence))

    def of(self, stem: str) -> list[DumpFile]:
        """The files of one dataset, by the name without suffixes."""
        return [file for name, file in sorted(self.files.items()) if name.partition(".")[0] == stem]


def read_manifest(config: Config) -> Manifest:
    """What was written last; empty when nothing was, or when it cannot be read."""
    try:
        found = orjson.loads((config.data / FOLDER / MANIFEST).read_bytes())
        files = {name: DumpFile(**file) for name, file in found["files"].items()}
        return Manifest(found["sequence"], files, found.get("seal", ""))
    except (OSError, ValueError, KeyError, TypeError):
        return Manifest(-1, {})


def write_manifest(config: Config, manifest: Manifest) -> None:
    """Put a manifest in the place of the last one, as a whole."""
    files = {name: asdict(file) for name, file in manifest.files.items()}
    new = config.data / FOLDER / f".{MANIFEST}.new"
    new.write_bytes(orjson.dumps({"sequence": manifest.sequence, "seal": manifest.seal, "files": files}))
    new.replace(config.data / FOLDER / MANIFEST)
