"""Which rules the ledger's comparisons were made with, and the way from the old ones to new ones."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

from registry.ledger import Ledger
from registry.ledger.identity import TABLES

RULES = (
    *(
        "abbreviations.py",
        "aligning.py",
        "address.py",
        "alike.py",
        "decide.py",
        "evidence.py",
        "keys.py",
        "likeness.py",
        "names.py",
        "profile.py",
        "rules.py",
        "services.py",
        "web.py",
    ),
    *("weights.py", "weights.toml", "words.py", "words.toml"),
)
"""The files that decide what is compared and how it ends."""
STEPS = ("profile", "key", "compare", "assign")
"""The way to new rules, each step for all records before the next: so every pair is compared once, when it is known of
each key who has it."""


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """Changes when the rules do."""
    folder = files("registry.identity")
    return hashlib.sha256(b"".join(folder.joinpath(name).read_bytes() for name in RULES)).hexdigest()


def forget(ledger: Ledger) -> None:
    """Empty what the rules filled; `pending` then says what is to be done, from the first record on."""
    for table in TABLES:
        ledger.db.execute(f"DELETE FROM {table}")
    for key, value in (("rules", fingerprint()), ("rules.step", STEPS[0]), ("rules.done", "0")):
        ledger.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))


def progress(ledger: Ledger) -> dict[str, str]:
    """Which rules the comparisons were made with, and how far that has come."""
    return dict(ledger.db.execute("SELECT key, value FROM meta WHERE key LIKE 'rules%'"))


def behind(ledger: Ledger) -> bool:
    """Whether all comparisons are to be made anew, or that is under way."""
    meta = progress(ledger)
    if "rules.step" in meta:
        return True
    unlike = meta.get("rules") != fingerprint()
    return unlike and ledger.db.execute("SELECT 1 FROM record WHERE entity IS NOT NULL").fetchone() is not None


def pending(ledger: Ledger, most: int) -> tuple[str | None, list[int]]:
    """What is to be done for the rules to be followed: which of `STEPS` for so many records, or nothing (None)."""
    meta = progress(ledger)
    if meta.get("rules") != fingerprint():
        if not ledger.db.execute("SELECT 1 FROM record WHERE entity IS NOT NULL").fetchone():
            ledger.db.execute("INSERT OR REPLACE INTO meta VALUES ('rules', ?)", (fingerprint(),))
            return None, []
        forget(ledger)
        meta = progress(ledger)
    step = meta.get("rules.step")
    if step is None:
        return None, []
    rows = ledger.db.execute(
        "SELECT id FROM record WHERE status = 'live' AND entity IS NOT NULL AND id > ? ORDER BY id LIMIT ?",
        (int(meta["rules.done"]), most),
    )
    return step, [number for (number,) in rows]


def proceed(ledger: Ledger, step: str, done: Sequence[int]) -> None:
    """Say that these were dealt with; none means that the step is at its end."""
    if done:
        ledger.db.execute("UPDATE meta SET value = ? WHERE key = 'rules.done'", (str(done[-1]),))
    elif step != STEPS[-1]:
        ledger.db.execute("UPDATE meta SET value = ? WHERE key = 'rules.step'", (STEPS[STEPS.index(step) + 1],))
        ledger.db.execute("UPDATE meta SET value = '0' WHERE key = 'rules.done'")
    else:
        ledger.db.execute("DELETE FROM meta WHERE key IN ('rules.step', 'rules.done')")
