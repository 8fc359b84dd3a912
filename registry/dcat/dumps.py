"""Dumps: the catalogue, each district and each source as compressed files, with checksums, replaced as a whole."""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from registry.config import Config
from registry.dcat.manifest import FOLDER, DumpFile, Manifest, read_manifest, write_manifest
from registry.export import export
from registry.formats import Description
from registry.formats.table import collected, lines
from registry.ledger import Ledger
from registry.ledger.activities import unpack
from registry.position import seal
from registry.terms import REGION
from registry.vocabulary import vocabulary

WHOLE = ("nq", "trig", "ttl", "jsonld", "csv", "geojson")
DISTRICT = ("nt", "csv", "geojson")


def write_dumps(ledger: Ledger, config: Config, progress: Callable[[str], None] = lambda name: None) -> Manifest:
    """Write all files when the ledger has moved since the last time; all of one moment.

    The manifest comes last: until then readers find the old sizes with the old files.
    """
    before = read_manifest(config)
    ledger.db.execute("BEGIN")
    try:
        sequence, moment = ledger.sequence(), ledger.now()
        if before.shows(ledger):
            return before
        folder = config.data / FOLDER
        files = {}
        for name, write in _contents(ledger):
            progress(name)
            size, sha256 = _put(folder / name, write)
            old = before.files.get(name)
            same = old is not None and old.sha256 == sha256
            files[name] = DumpFile(name, size, sha256, old.modified if same and old else moment)
        manifest = Manifest(sequence, files, seal(ledger, sequence))
    finally:
        ledger.db.execute("COMMIT")
    write_manifest(config, manifest)
    for stale in before.files.keys() - files.keys():
        (folder / stale).unlink(missing_ok=True)
    return manifest


def _contents(ledger: Ledger) -> Iterator[tuple[str, Callable[[IO[bytes]], object]]]:
    """Every file with what writes it."""
    for suffix in WHOLE[:4]:
        yield f"orte.{suffix}.gz", lambda output, suffix=suffix: export(ledger, suffix, output)  # type: ignore[misc]
    sites = [iri for (iri,) in ledger.db.execute("SELECT iri FROM entity WHERE status = 'live' ORDER BY iri")]
    yield "orte.csv.gz", lambda output: output.writelines(lines(_described(ledger, sites)))
    yield "orte.geojson.gz", lambda output: output.writelines(collected(_described(ledger, sites)))
    for ags, members in by_district(ledger).items():
        stem = f"regions/{ags}"
        yield f"{stem}.nt.gz", lambda output, m=members: output.writelines(_texts(ledger, m))  # type: ignore[misc]
        yield f"{stem}.csv.gz", lambda output, m=members: output.writelines(lines(_described(ledger, m)))  # type: ignore[misc]
        yield (
            f"{stem}.geojson.gz",
            lambda output, m=members: output.writelines(collected(_described(ledger, m))),  # type: ignore[misc]
        )
    for state in ledger.sources():
        yield (
            f"sources/{state.id}.nq.gz",
            lambda output, source=state.id: output.writelines(_records(ledger, source)),  # type: ignore[misc]
        )


def by_district(ledger: Ledger) -> dict[str, list[str]]:
    """The IRIs of all live entities in each district, by AGS; districts without any are there, too."""
    found: dict[str, list[str]] = {ags: [] for ags in vocabulary().districts}
    for iri, nquads in ledger.db.execute("SELECT iri, nquads FROM entity WHERE status = 'live' ORDER BY iri"):
        text = unpack(nquads)
        for ags, members in found.items():
            if f"<{iri}> <https://w3id.org/orte/ns#region> <{REGION}{ags}> .\n" in text:
                members.append(iri)
    return found


def _described(ledger: Ledger, iris: list[str]) -> Iterator[Description]:
    for iri, text in zip(iris, _texts(ledger, iris), strict=True):
        yield Description.parse(iri, text)


def _texts(ledger: Ledger, iris: list[str]) -> Iterator[bytes]:
    for iri in iris:
        (nquads,) = ledger.db.execute("SELECT nquads FROM entity WHERE iri = ?", (iri,)).fetchone()
        yield unpack(nquads).encode()


def _records(ledger: Ledger, source: str) -> Iterator[bytes]:
    rows = ledger.db.execute("SELECT nquads FROM record WHERE status = 'live' AND source = ? ORDER BY iri", (source,))
    return (unpack(nquads).encode() for (nquads,) in rows)


class _Measured:
    """Counts and digests what passes through."""

    def __init__(self, output: IO[bytes]) -> None:
        self.output = output
        self.size = 0
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.size += len(data)
        self.digest.update(data)
        return self.output.write(data)

    def flush(self) -> None:
        self.output.flush()


def _put(file: Path, write: Callable[[IO[bytes]], object]) -> tuple[int, str]:
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f".{file.name}.{os.getpid()}.new")
    with new.open("wb") as output:
        measured = _Measured(output)
        # no name and no time inside: the same content has the same checksum
        with gzip.GzipFile("", "wb", 6, measured, mtime=0) as packed:
            write(packed)  # type: ignore[arg-type]
    new.replace(file)
    return measured.size, measured.digest.hexdigest()
