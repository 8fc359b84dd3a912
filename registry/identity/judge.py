"""A person's judgement about two records or entities: what it is about, and that it can be made."""

from __future__ import annotations

import re
from collections.abc import Iterable

from registry.ledger import Ledger, judgements
from registry.ledger.judgements import Judgement, Verdict

_NAMED = re.compile(r"([a-z0-9][a-z0-9-]{0,62}):(?!//)(.+)", re.ASCII)
_PROPERTY = re.compile(r"https?://[^\s<>\"{}|\\^`]+")


class JudgementError(Exception):
    """A judgement that cannot be made; one sentence that says why."""


def judge(ledger: Ledger, verdict: Verdict, subject: str, object_: str, *, by: str, why: str) -> int:
    """Write down a judgement about two records or entities; `unify` then follows it.

    An entity stands for all its records, one that was merged for those it had before: so "different" between the two
    parts of a merge takes it back. With "prefer", a record has the say on a property of its entity.

    Args:
        subject: IRI of a record or entity, its path under the base address, or `source:key` of a record.
        object_: the same; of "prefer" the IRI of a property.

    Returns the judgement's number.

    Raises:
        JudgementError: for something that does not exist, or can never be the same.
    """
    by, why = " ".join(by.split()), " ".join(why.split())
    if not by:
        raise JudgementError("a judgement needs the name of who made it (--by)")
    if verdict == "prefer":
        return _prefer(ledger, subject, object_, by, why)
    with ledger.transaction():
        one, two = records_of(ledger, subject, object_), records_of(ledger, object_, subject)
        if one.keys() & two.keys():
            raise JudgementError(f"{subject} and {object_} are the same record")
        _check_kinds(verdict, set(one.values()), set(two.values()))
        return judgements.add(
            ledger.db, verdict, subject, object_,
            author=by, why=why, now=ledger.now(), pairs=[(a, b) for a in one for b in two],
        )  # fmt: skip


def undo(ledger: Ledger, number: int, *, by: str, why: str) -> int:
    """Take a judgement back, by a further one; an undo can be undone as well.

    Raises:
        JudgementError: when there is none of this number, or it does not hold any more.
    """
    by, why = " ".join(by.split()), " ".join(why.split())
    if not by:
        raise JudgementError("a judgement needs the name of who made it (--by)")
    with ledger.transaction():
        if judgements.get(ledger.db, number) is None:
            raise JudgementError(f"there is no judgement {number}; see: orte judgements list")
        if not judgements.holds(ledger.db, number):
            raise JudgementError(f"judgement {number} has been undone already")
        return judgements.add(ledger.db, "undo", str(number), "", author=by, why=why, now=ledger.now())


def records_of(ledger: Ledger, name: str, against: str = "") -> dict[str, str]:
    """The live records that a name stands for: IRI and kind. Raises JudgementError when there are none."""
    iri = _iri(ledger, name)
    row = ledger.db.execute("SELECT kind, status FROM record WHERE iri = ?", (iri,)).fetchone()
    if row is not None:
        if row[1] != "live":
            raise JudgementError(f"the record {iri} has been withdrawn by its source")
        return {iri: row[0]}
    entity = ledger.db.execute("SELECT id, status FROM entity WHERE iri = ?", (iri,)).fetchone()
    if entity is None:
        raise JudgementError(f"there is neither a record nor an entity {iri}")
    if entity[1] == "merged":
        found = _claimants(ledger, entity[0])
    else:
        found = dict(
            ledger.db.execute(
                "SELECT iri, kind FROM record WHERE entity = ? AND status = 'live'", (entity[0],)
            ).fetchall()
        )
        other = ledger.db.execute(
            "SELECT id FROM entity WHERE iri = ? AND status = 'merged'", (_iri(ledger, against),)
        ).fetchone()
        if other is not None:  # the other one is part of this one now: this one means what it was without it
            apart = _claimants(ledger, other[0])
            found = {record: kind for record, kind in found.items() if record not in apart}
    if not found:
        raise JudgementError(f"{iri} has no records any more")
    return dict(sorted(found.items()))


def open_judgements(listed: Iterable[Judgement], ledger: Ledger) -> list[Judgement]:
    """Those of the judgements that have not been undone."""
    return [one for one in listed if one.verdict != "undo" and judgements.holds(ledger.db, one.number)]


def _claimants(ledger: Ledger, entity: int) -> dict[str, str]:
    """The live records that were part of an entity before it was merged."""
    rows = ledger.db.execute(
        "SELECT r.iri, r.kind FROM claim c JOIN record r ON r.id = c.record WHERE c.entity = ? AND r.status = 'live'",
        (entity,),
    )
    return dict(rows.fetchall())


def _iri(ledger: Ledger, name: str) -> str:
    """The IRI that a name stands for."""
    name = name.strip().removesuffix("#it")
    if name.startswith(("http://", "https://")):
        return name
    if named := _NAMED.fullmatch(name):
        return f"{ledger.base}/sources/{named[1]}/records/{named[2]}"
    return f"{ledger.base}/{name.lstrip('/')}"


def _check_kinds(verdict: Verdict, one: set[str], two: set[str]) -> None:
    if verdict == "part-of":
        if not one <= {"site", "service"} or two != {"site"}:
            raise JudgementError("only sites and services can be part of something, and only of a site")
    elif one != two or len(one) > 1:
        kinds = " and ".join(f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}" for kind in sorted(one | two))
        raise JudgementError(f"{kinds} are different things by their kind; there is nothing to judge")


def _prefer(ledger: Ledger, subject: str, property_: str, by: str, why: str) -> int:
    if not _PROPERTY.fullmatch(property_):
        raise JudgementError(f"'{property_}' is not the IRI of a property, such as https://schema.org/telephone")
    with ledger.transaction():
        found = records_of(ledger, subject)
        if len(found) != 1:
            raise JudgementError(f"{subject} is made of several records; name the one that has the say")
        (record,) = found
        return judgements.add(ledger.db, "prefer", record, property_, author=by, why=why, now=ledger.now())
