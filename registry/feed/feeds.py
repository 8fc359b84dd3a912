"""The feeds there are: the catalogue, all records, each source's records, the runs, the datasets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from registry.feed.log import Activities, Announcements, Log
from registry.ledger import Ledger, announcements
from registry.project import run_quads
from registry.record import canonical


class FeedError(Exception):
    """There is no such feed; the sentence names those there are."""


@dataclass(frozen=True)
class Feed:
    """One event stream. `name` is its address below `/feed/`.

    `plain` feeds say of an activity only what the DCAT-AP Feeds profile allows: type, object and time.
    """

    name: str
    title: Mapping[str, str]
    log: Log
    transactions: bool = False
    plain: bool = False

    def address(self, base: str) -> str:
        """The address of the root node."""
        return f"{base}/feed/{self.name}"

    def stream(self, base: str) -> str:
        """The IRI of the event stream."""
        return f"{self.address(base)}#stream"


CATALOGUE = Feed(
    "catalogue",
    {"de": "Änderungen des Katalogs", "en": "Changes of the catalogue"},
    Activities("entity"),
)
RECORDS = Feed(
    "records",
    {"de": "Änderungen aller Datensätze", "en": "Changes of all records"},
    Activities("record"),
    transactions=True,
)
RUNS = Feed("runs", {"de": "Läufe der Ernte", "en": "Runs of the harvest"}, Announcements("runs"))
DCAT = Feed(
    "dcat",
    {"de": "Änderungen der Datensatzbeschreibungen", "en": "Changes of the dataset descriptions"},
    Announcements("dcat"),
    plain=True,
)
ALWAYS = {one.name: one for one in (CATALOGUE, RECORDS, RUNS, DCAT)}


def feed(ledger: Ledger, name: str) -> Feed:
    """The feed with a name such as `records/studie`.

    Raises:
        FeedError: naming the feeds there are.
    """
    if name in ALWAYS:
        return ALWAYS[name]
    kind, _, source = name.partition("/")
    row = ledger.db.execute("SELECT 1 FROM source WHERE id = ?", (source,)).fetchone() if kind == "records" else None
    if row is None:
        raise FeedError(f"There is no feed '{name}'; there are: {', '.join(names(ledger))}.")
    return Feed(
        name,
        {"de": f"Änderungen der Quelle „{source}“", "en": f"Changes of the source “{source}”"},
        Activities("record", source),
        transactions=True,
    )


def names(ledger: Ledger) -> list[str]:
    """The names of all feeds."""
    sources = ledger.db.execute("SELECT id FROM source ORDER BY id")
    return [*ALWAYS, *(f"records/{source}" for (source,) in sources)]


def announce_runs(ledger: Ledger) -> int:
    """Announce the runs that have ended since the last time; returns how many.

    A run is announced when it is over and never changes, so that everything about it is in one Create.
    """
    with ledger.transaction():
        new = ledger.db.execute(
            "SELECT id FROM run WHERE ended IS NOT NULL AND NOT EXISTS (SELECT 1 FROM announcement"
            " WHERE feed = 'runs' AND object = ? || id) ORDER BY ended, id",
            (f"{ledger.base}/runs/",),
        ).fetchall()
        for (number,) in new:
            run = ledger.run(number)
            assert run is not None
            assert run.ended is not None
            text = canonical(quad.triple for quad in run_quads(run, ledger.base))
            announcements.append(ledger.db, "runs", "Create", f"{ledger.base}/runs/{number}", text, run.ended)
    return len(new)
