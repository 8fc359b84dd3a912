"""What the rules are unsure about, for people to judge: two entities side by side, with the signs for and against."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from registry.identity import profile
from registry.identity.decide import load_signs
from registry.identity.evidence import Sign
from registry.identity.profile import Profile
from registry.ledger import Ledger, StoredRecord, judgements, records


@dataclass(frozen=True)
class Question:
    """Two records that may be one place. Their entities are what is judged: IRIs in ``a.entity`` and ``b.entity``."""

    a: StoredRecord
    b: StoredRecord
    score: float
    signs: tuple[Sign, ...]

    @property
    def profiles(self) -> tuple[Profile, Profile]:
        return profile.of(self.a), profile.of(self.b)


def questions(ledger: Ledger) -> Iterator[Question]:
    """The open questions, those closest to "same" first; one for every two entities."""
    seen: set[frozenset[str]] = set()
    for a, b, score, signs in ledger.db.execute(
        "SELECT a, b, score, signs FROM comparison WHERE verdict = 'unsure' ORDER BY score DESC, a, b"
    ).fetchall():
        one, two = records.by_id(ledger.db, a), records.by_id(ledger.db, b)
        if one is None or two is None or one.entity is None or two.entity is None or one.entity == two.entity:
            continue
        pair = frozenset((one.entity, two.entity))
        if pair in seen or judgements.ruling(ledger.db, one.iri, two.iri) is not None:
            continue
        seen.add(pair)
        first, second = sorted((one, two), key=lambda record: record.iri)
        yield Question(first, second, score, load_signs(signs))


def open_questions(ledger: Ledger) -> int:
    """How many `questions` there are."""
    (number,) = ledger.db.execute(
        "SELECT count(*) FROM (SELECT DISTINCT min(x.entity, y.entity), max(x.entity, y.entity) FROM comparison c"
        " JOIN record x ON x.id = c.a JOIN record y ON y.id = c.b WHERE c.verdict = 'unsure' AND x.entity != y.entity"
        " AND NOT EXISTS (SELECT 1 FROM ruling r WHERE r.a = x.iri AND r.b = y.iri))"
    ).fetchone()
    return int(number)


def question(ledger: Ledger, one: str, two: str) -> Question | None:
    """The open question between two records (IRIs), if there is one."""
    return next((q for q in questions(ledger) if {q.a.iri, q.b.iri} == {one, two}), None)


FACTS = ("name", "other names", "address", "position", "telephone", "e-mail", "website", "source", "page", "licence")


def facts(record: StoredRecord) -> dict[str, str]:
    """What a person looks at to tell whether two records are one place, by `FACTS`; empty where it says nothing."""
    known = profile.of(record)
    town = " ".join(part for part in (known.postcode, ", ".join(known.localities)) if part)
    values = (
        known.names[0] if known.names else "",
        "; ".join(known.names[1:]),
        ", ".join(part for part in (known.street, town) if part),
        f"{known.position[0]}, {known.position[1]}" if known.position else "",
        ", ".join(f"+{number}" for number in known.phones),
        ", ".join(known.mails),
        " ".join(known.pages),
        record.source,
        record.page or "",
        record.licence or "",
    )
    return dict(zip(FACTS, values, strict=True))
