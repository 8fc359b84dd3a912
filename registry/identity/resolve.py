"""Keep up with changed records: compare each with those it may be the same as, and nothing else.

What is kept of a pair is a function of its two records and of who else has the blocking keys they share. So the result
does not depend on the order in which records came; when a key's class changes, those who have it are compared anew.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from registry.identity import keys, profile
from registry.identity.alike import may_be_one
from registry.identity.decide import Decision, decide
from registry.identity.keys import MOST, Class
from registry.identity.profile import Profile
from registry.ledger import Ledger, StoredRecord, identity, records
from registry.ledger.identity import Comparison

KEPT = 10_000
"""Profiles that are kept in memory at most, with what was worked out from them: some 100 MB."""


@dataclass(frozen=True)
class Foreseen:
    """A record as it was before a transaction, and what can be told from it alone; no keys where it needs none."""

    record: StoredRecord
    profile: Profile
    keys: list[str] | None


def foresee(db: sqlite3.Connection, numbers: Iterable[int]) -> dict[int, Foreseen]:
    """Read records that are going to be compared, without a transaction: others may write meanwhile."""
    found = {}
    for number in numbers:
        record = records.by_id(db, number)
        if record is not None and record.status == "live":
            known = profile.of(record)
            found[number] = Foreseen(record, known, keys.of(known) if known.kind != "service" else None)
    return found


class Resolver:
    """Compares records within a transaction of the ledger.

    What it has read it keeps for the next transaction, in which it may be used as long as nobody else has compared
    anything in between.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.db = ledger.db
        self._profiles: dict[int, Profile | None] = {}
        self._records: dict[int, StoredRecord] = {}
        self._members: dict[int, list[tuple[int, int]]] = {}
        self._classes: dict[int, Class] = {}
        self._hosts: dict[str, list[int]] = {}
        self._numbers: dict[str, int] = {}
        self._keys: dict[int, list[str]] = {}
        self._foreseen: Mapping[int, Foreseen] = {}
        self.unmoved: set[int] = set()

    @property
    def full(self) -> bool:
        """Whether it is time to make a new one, so that it does not hold half the catalogue."""
        return len(self._profiles) > KEPT

    def begin(self, foreseen: Mapping[int, Foreseen]) -> None:
        """Forget of the last transaction what anybody may have changed since: which records there are.

        What is `foreseen` is used of records that are still the same.
        """
        self._records.clear()
        self._hosts.clear()
        self._foreseen = foreseen

    # What is known

    def profile(self, record: int) -> Profile | None:
        """The profile of a live record; None for one that is not live."""
        if record not in self._profiles:
            data = identity.profile(self.db, record)
            self._profiles[record] = profile.load(data) if data else None
        return self._profiles[record]

    def record(self, record: int) -> StoredRecord | None:
        """A record as the ledger has it, kept if it is one of those that changed."""
        return self._records.get(record) or records.by_id(self.db, record)

    def records_of(self, entity: int) -> list[StoredRecord]:
        """The live records that an entity is made of, in order of their IRIs."""
        rows = self.db.execute(
            "SELECT id FROM record WHERE entity = ? AND status = 'live' ORDER BY iri", (entity,)
        ).fetchall()
        return [record for (number,) in rows if (record := self.record(number))]

    def classify(self, key: str) -> Class:
        """Who has a blocking key."""
        number = self._number(key)
        if (found := self._classes.get(number)) is None:
            found = self._classes[number] = keys.classify(source for _, source in self._under(number))
        return found

    def members(self, key: str) -> list[tuple[int, int]]:
        """Ids and sources of the records under a key, at most `MOST` + 1."""
        return self._under(self._number(key))

    def _under(self, number: int) -> list[tuple[int, int]]:
        if (found := self._members.get(number)) is None:
            found = self._members[number] = identity.members(self.db, number, MOST + 1)
        return found

    def keys(self, record: int) -> list[str]:
        known = self.profile(record)
        if known is None or self.hosted(known):
            return []
        if (found := self._keys.get(record)) is None:
            ahead = self._foreseen.get(record)
            if ahead is not None and ahead.profile is known and ahead.keys is not None:
                found = ahead.keys
            else:
                found = keys.of(known)
            self._keys[record] = found
        return found

    def hosts(self, service: Profile) -> list[int]:
        """Ids of the live records that offer a service, or that it says provide it."""
        if service.iri not in self._hosts:
            self._hosts[service.iri] = self._found_hosts(service)
        return self._hosts[service.iri]

    def _found_hosts(self, service: Profile) -> list[int]:
        named = [*service.provider, *service.part_of]
        found: list[int] = []
        for thing in named:
            row = self.db.execute(
                "SELECT id FROM record WHERE iri = ? AND status = 'live' AND kind != 'service'",
                (thing.removesuffix("#it"),),
            ).fetchone()
            found += row or ()
        for (number,) in self.db.execute(
            "SELECT r.id FROM reference f JOIN record r ON r.id = f.record WHERE f.target = ? AND r.status = 'live'"
            " AND r.kind != 'service'",
            (service.thing,),
        ).fetchall():
            known = self.profile(number)
            if known and service.thing in known.offers:
                found.append(number)
        return list(dict.fromkeys(found))

    def hosted(self, known: Profile) -> bool:
        """Whether it is a service of a house: these are compared with the house's other services only."""
        return known.kind == "service" and bool(self.hosts(known))

    # What changed

    def apply(self, changed: Iterable[int]) -> set[int]:
        """Take in records that appeared, changed or went.

        Returns ids of all records whose comparisons changed, these themselves included. Those that were compared anew
        without that are in `unmoved`: what a key tells of them has changed, and may part what hung together.
        """
        stored: dict[int, bytes | None] = {}
        renewed = self._with_services(dict.fromkeys(changed), stored)
        self._hosts.clear()
        before = self._before(renewed, stored)
        plus: dict[int, list[tuple[int, int]]] = defaultdict(list)
        minus: dict[int, list[int]] = defaultdict(list)
        scoring: set[int] = set()
        for number, (old_keys, fresh) in before.items():
            self._keys.pop(number, None)
            new_keys = self.keys(number)
            old, new = {self._number(k) for k in old_keys}, {self._number(k) for k in new_keys}
            scoring |= {self._number(k) for k in (*old_keys, *new_keys) if keys.is_scoring(k)}
            source = self._number(fresh.source if fresh else "")
            for key in new - old:
                plus[key].append((number, source))
            for key in old - new:
                minus[key].append(number)
        moved = plus.keys() | minus.keys()
        earlier = {key: self._under(key) for key in moved}
        identity.put_keys(self.db, plus, minus)
        for key, had in earlier.items():
            self._classes.pop(key, None)
            if len(had) > MOST and key in minus:
                del self._members[key]  # who else there is, only the ledger knows
            else:
                gone = set(minus.get(key, ()))
                self._members[key] = [*(one for one in had if one[0] not in gone), *plus.get(key, ())][: MOST + 1]
        dirty, recheck = self._reclassified(earlier, scoring)
        touched = self._compare(dirty | set(before), recheck) | set(before)
        self.unmoved = dirty - touched
        return touched

    def _with_services(self, changed: dict[int, None], stored: dict[int, bytes | None]) -> dict[int, None]:
        """The changed records, and the services whose house may have come or gone with them.

        Puts the profiles that the ledger has of the changed ones into `stored`.
        """
        found = dict(changed)
        for number in changed:
            old = stored[number] = identity.profile(self.db, number)
            record = records.by_id(self.db, number)
            ahead = self._foreseen.get(number)
            fresh: Profile | None = None
            if ahead is not None and ahead.record == record:
                record, fresh = ahead.record, ahead.profile
            elif record and record.status == "live":
                fresh = profile.of(record)
            if record:
                self._records[number] = record
            self._profiles[number] = fresh
            offered = set(profile.load(old).offers) if old else set()
            offered |= set(fresh.offers) if fresh else set()
            for thing in offered:
                row = self.db.execute("SELECT id FROM record WHERE iri = ?", (thing.removesuffix("#it"),)).fetchone()
                found |= dict.fromkeys(row or ())
        return found

    def _before(
        self, changed: Iterable[int], stored: Mapping[int, bytes | None]
    ) -> dict[int, tuple[list[str], Profile | None]]:
        """The keys each record has had so far, and its profile now, which is kept."""
        found = {}
        for number in changed:
            data = stored[number] if number in stored else identity.profile(self.db, number)
            old = keys.of(profile.load(data)) if data else []
            held = old if old and self._has(old[0], number) else []  # a service of a house has a profile, but no keys
            fresh = self.profile(number)
            new = fresh.dump() if fresh else None
            if new != data:
                identity.put_profile(self.db, number, new)
            found[number] = (held, fresh)
        return found

    def _has(self, key: str, record: int) -> bool:
        row = self.db.execute("SELECT 1 FROM block WHERE key = ? AND record = ?", (self._number(key), record))
        return row.fetchone() is not None

    def _number(self, key: str) -> int:
        if (number := self._numbers.get(key)) is None:
            number = self._numbers[key] = identity.number(key)
        return number

    def _reclassified(
        self, earlier: dict[int, list[tuple[int, int]]], scoring: set[int]
    ) -> tuple[set[int], set[tuple[int, int]]]:
        """Who must be compared anew because the class of a key changed: whole records, or pairs that were kept."""
        dirty: set[int] = set()
        recheck: set[tuple[int, int]] = set()
        for key, had in earlier.items():
            have = self._under(key)
            was, is_ = (keys.classify(source for _, source in rows) for rows in (had, have))
            if was is is_:
                continue
            if is_ < was:
                dirty |= {record for record, _ in have}
            elif was is Class.OWN and key in scoring:
                dirty |= {record for record, _ in had}
            elif is_ is Class.COMMON:
                ids = {record for record, _ in had}
                for record in ids:
                    recheck |= {(c.a, c.b) for c in identity.comparisons(self.db, record) if c.other(record) in ids}
        return dirty, recheck

    # Everything anew: after each of these steps is done for all records comes the next

    def profile_anew(self, all_: Iterable[int]) -> None:
        """Put down the profiles of records."""
        for number in all_:
            if record := records.by_id(self.db, number):
                identity.put_profile(self.db, number, profile.of(record).dump())

    def key_anew(self, all_: Iterable[int]) -> None:
        """Put down the keys of records, of which the ledger has none yet; it has all profiles."""
        plus: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for number in all_:
            if known := self.profile(number):
                for key in self.keys(number):
                    plus[self._number(key)].append((number, self._number(known.source)))
        identity.put_keys(self.db, plus, {})

    def compare_anew(self, all_: Iterable[int]) -> None:
        """Compare records with those before them; the ledger has the keys of all."""
        for number in all_:
            for other, closely in sorted(self._candidates(number).items()):
                if other < number and (found := self._one(other, number, closely)) is not None:
                    identity.put_comparison(self.db, found)

    # Comparing

    def _compare(self, dirty: set[int], recheck: set[tuple[int, int]]) -> set[int]:
        touched: set[int] = set()
        done: dict[tuple[int, int], Comparison | None] = {}
        for record in sorted(dirty):
            known = self.profile(record)
            if known and self.hosted(known):
                continue  # services of a house are compared within the house
            stored = {c.other(record): c for c in identity.comparisons(self.db, record)}
            for other, closely in sorted(self._candidates(record).items()) if known else ():
                pair = (record, other) if record < other else (other, record)
                old = stored.pop(other, None)
                if pair not in done:
                    done[pair] = fresh = self._one(*pair, closely)
                    if fresh is not None or old is not None:  # of most pairs nothing is kept
                        touched |= self._keep(pair, fresh, old)
            for other in stored:
                pair = (min(record, other), max(record, other))
                if done.get(pair) is None:
                    touched |= self._keep(pair, None, stored[other])
        for pair in sorted(recheck - done.keys()):
            if (old := identity.comparison(self.db, *pair)) is not None:
                shared = self._candidates(pair[0]).get(pair[1])
                fresh = None if shared is None else self._one(*pair, shared)
                touched |= self._keep(pair, fresh, old)
        return touched

    def _keep(self, pair: tuple[int, int], fresh: Comparison | None, old: Comparison | None) -> set[int]:
        if fresh == old:
            return set()
        if fresh is None:
            identity.drop_comparison(self.db, *pair)
        else:
            identity.put_comparison(self.db, fresh)
        return set(pair)

    def _candidates(self, record: int) -> dict[int, bool]:
        """Everybody who shares a key that is not common, and whether it is one of those that matter to the points."""
        found: dict[int, bool] = {}
        for key in self.keys(record):
            if self.classify(key) is Class.COMMON:
                continue
            near, closely = keys.around(key) if keys.is_cell(key) else [key], keys.is_scoring(key)
            for one in near:
                have = self.members(one)
                if len(have) <= MOST:
                    for other, _ in have:
                        found[other] = closely or found.get(other, False)
        found.pop(record, None)
        return found

    def _one(self, a: int, b: int, closely: bool) -> Comparison | None:
        one, two = self.profile(a), self.profile(b)
        if one is None or two is None:
            return None
        if not may_be_one(one, two, closely) or (found := self.decide(one, two)).verdict == "different":
            return None
        inside = None
        if found.part:
            first = min(one, two, key=lambda known: known.iri)
            inside = (a if first is one else b) if found.part == "a" else (b if first is one else a)
        return Comparison(a, b, found.verdict, inside, found.stated, found.score, found.dump())

    def decide(self, one: Profile, two: Profile) -> Decision:
        """What the rules say of two records; always asked in the order of their IRIs."""
        first, second = sorted((one, two), key=lambda known: known.iri)
        return decide(first, second, self.classify, briefly=True)
