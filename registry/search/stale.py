"""Whether the sets that are kept (`kept`) are so old that a server would start sooner with new ones."""

from __future__ import annotations

import sqlite3

from registry.search.lookup import exists

_SOME = 1000
"""Changes that a start reads one by one, whatever the size of the catalogue: some milliseconds."""
_PART = 30
"""Sets are kept anew when more than one in so many entities has changed: then it costs a tenth of the indexing."""


def unkept(db: sqlite3.Connection) -> bool:
    """Whether so much has changed since the sets were kept that a server would start sooner if they were kept anew.

    Asked after every publication, it looks at no rows: versions count changes, ids entities.
    """
    if not exists(db):
        return False
    latest, entities = db.execute(
        "SELECT (SELECT max(version) FROM search_change), (SELECT max(entity) FROM search_change)"
    ).fetchone()
    return (latest or 0) - version(db) > max(_SOME, (entities or 0) // _PART)


def version(db: sqlite3.Connection) -> int:
    """The version at which the sets were kept last; 0 when they never were, or the view has been emptied since."""
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'search_sets'").fetchone():
        return 0  # nobody has published since the program was brought up to date
    row = db.execute("SELECT version FROM search_sets").fetchone()
    return int(row[0]) if row else 0
