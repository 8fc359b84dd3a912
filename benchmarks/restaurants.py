"""The restaurant guides Fodor's and Zagat's with their 112 known pairs, as far as they can be had.

The data are not ours and are not kept here: they come out of the source distribution of py_entitymatching, which is
fetched by pip when they are wanted. Their positions, websites and mailboxes are unknown; names, streets, towns and
telephone numbers are what there is.
"""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from benchmarks.noise import Listed

PACKAGE = "py_entitymatching==0.4.2"
FOLDER = "py_entitymatching/datasets/end-to-end/restaurants"
PUBLISHED = {
    "Magellan and DeepMatcher, trained on labelled pairs of it (Mudgal et al., SIGMOD 2018)": 1.00,
    "trained on Zomato–Yelp, adapted (Tu et al., SIGMOD 2022)": 0.945,
    "trained on Zomato–Yelp, as it is (Tu et al., SIGMOD 2022)": 0.854,
}
"""F1 on labelled pairs of the two guides. These were given candidates and had training; we look at whole guides."""


def restaurants() -> list[Listed] | None:
    """All entries of both guides, and which are one restaurant; None where they cannot be had."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
            *("--retries", "1", "--timeout", "20", "--no-deps", "--no-binary", "py_entitymatching"),
            *("--dest", folder, PACKAGE),
        ]
        if subprocess.run(command, capture_output=True, timeout=300, check=False).returncode:
            return None
        (archive,) = Path(folder).iterdir()
        with tarfile.open(archive) as opened:
            tables = {name: _table(opened, name) for name in ("fodors", "zagats", "matches_fodors_zagats")}
    pairs = {row["zagats_id"]: row["fodors_id"] for row in tables["matches_fodors_zagats"]}
    found = [_listed("fodors", row, int(row["id"])) for row in tables["fodors"]]
    return found + [_listed("zagats", row, int(pairs.get(row["id"], row["id"]))) for row in tables["zagats"]]


def _table(opened: tarfile.TarFile, name: str) -> list[dict[str, str]]:
    member = opened.extractfile(f"py-entitymatching-0.4.2/{FOLDER}/{name}.csv")
    assert member is not None
    return list(csv.DictReader(io.TextIOWrapper(member, "utf-8")))


def _listed(source: str, row: dict[str, str], place: int) -> Listed:
    """An entry as a record. "310/246-1501 or 213/…" is a number and a note."""
    number = re.match(r"\D*(\d{3})\D{1,2}(\d{3})\D(\d{4})", row["phone"])
    fields = {"name": row["name"], "locality": row["city"], "street": row["addr"]}
    if number:
        fields["tel"] = "+1" + "".join(number.groups())
    return Listed(source, row["id"], {key: " ".join(value.split()) for key, value in fields.items()}, place)
