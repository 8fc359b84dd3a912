"""A catalogue to try identity on: a real ledger with records of several sources, as the test writes them down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyoxigraph as ox

from registry.ingest import references
from registry.ledger import Entity, Ledger, records, runs
from registry.record import Record, parse, record
from registry.terms import CONCEPT, KINDS, ORTE, REGION, SCHEMA, TYPE, XSD
from registry.unify import unify
from tests.registry.conftest import BASE, Clock

CC0 = "http://creativecommons.org/publicdomain/zero/1.0/"
RANKS = {"studie": 60, "kreativorte-mitteldeutschland": 20, "kreativorte-im-gruenen": 25, "openfairdb": 40}


def made(source: str, key: str, fields: Mapping[str, Any]) -> Record:
    """A record from the fields that pairs.toml uses, and `offers`, `part_of`, `provider`, `service`, `said` (more
    properties of the thing, by name in schema.org's or our namespace) and `modified`."""
    iri = f"{BASE}/sources/{source}/records/{quote(key, safe='/')}"
    it = ox.NamedNode(iri + "#it")
    triples = [ox.Triple(it, TYPE, KINDS[fields.get("kind", "site")])]

    def say(subject: ox.NamedNode, predicate: ox.NamedNode, value: str | ox.NamedNode | ox.Literal | None) -> None:
        if value is not None:
            term = ox.Literal(value) if isinstance(value, str) else value
            triples.append(ox.Triple(subject, predicate, term))

    say(it, SCHEMA["name"], ox.Literal(fields["name"], language="de"))
    for name in fields.get("also_named", ()):
        say(it, SCHEMA["alternateName"], ox.Literal(name, language="de"))
    address = ox.NamedNode(iri + "#address")
    parts = {"street": "streetAddress", "postcode": "postalCode", "locality": "addressLocality"}
    if parts.keys() & fields.keys():
        say(it, SCHEMA["address"], address)
        for part, property_ in parts.items():
            say(address, SCHEMA[property_], fields.get(part))
    if "at" in fields:
        geo = ox.NamedNode(iri + "#geo")
        say(it, SCHEMA["geo"], geo)
        for property_, degrees in zip(("latitude", "longitude"), fields["at"], strict=True):
            say(geo, SCHEMA[property_], ox.Literal(str(degrees), datatype=XSD["decimal"]))
    say(it, SCHEMA["telephone"], fields.get("tel"))
    say(it, SCHEMA["email"], fields.get("mail"))
    say(it, SCHEMA["url"], ox.NamedNode(fields["url"]) if "url" in fields else None)
    say(it, ORTE["region"], REGION[fields["region"]] if "region" in fields else None)
    wikidata = [f"http://www.wikidata.org/entity/{fields['wikidata']}"] if "wikidata" in fields else []
    for same in [*fields.get("same_as", ()), *wikidata]:
        say(it, SCHEMA["sameAs"], ox.NamedNode(same))
    for field, property_ in (("offers", ORTE["offers"]), ("part_of", ORTE["partOf"]), ("provider", SCHEMA["provider"])):
        for other in fields.get(field, ()):
            say(it, property_, ox.NamedNode(f"{BASE}/sources/{other.replace(':', '/records/', 1)}#it"))
    for service in fields.get("service", ()):
        say(it, ORTE["serviceKind"], CONCEPT[f"service/{service}"])
    for name, value in fields.get("said", {}).items():
        say(it, ORTE[name[5:]] if name.startswith("orte:") else SCHEMA[name], value)
    return record(
        iri, triples, source=source, source_iri=f"{BASE}/sources/{source}", raw_key=key,
        page=fields.get("page", f"https://{source}.example/{key}"), licence=fields.get("licence", CC0),
        modified=fields.get("modified"),
    )  # fmt: skip


class Catalogue:
    """Several sources in one ledger; what they say is put in directly, without harvest and shapes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = Clock()
        self.ledger = Ledger.open(path, BASE, clock=self.clock)
        self.ledger.db.execute("PRAGMA synchronous = OFF")  # a test survives no power cut anyway

    def put(self, listed: Iterable[tuple[str, str, Mapping[str, Any] | None]], *, each: bool = False) -> None:
        """Take in entries (source, key, fields; no fields: it is gone), all at once, or one run and step for each."""
        listed = list(listed)
        for part in [[one] for one in listed] if each else [listed]:
            self.clock.tick(hours=1)
            ledger, db = self.ledger, self.ledger.db
            with ledger.transaction():
                opened: dict[str, int] = {}
                for source, key, fields in part:
                    if source not in opened:
                        runs.describe(db, source, described(source))
                        opened[source] = runs.begin(db, source, ledger.now())
                    if fields is None:
                        records.withdraw(db, self.iri(source, key), opened[source], ledger.now())
                    else:
                        one = made(source, key, fields)
                        records.put(db, one, references(one), opened[source], ledger.now())
                for run in opened.values():
                    runs.finish(db, run, outcome="complete", reason=None, counts={}, now=ledger.now())
            unify(ledger)

    def iri(self, source: str, key: str) -> str:
        return f"{BASE}/sources/{source}/records/{quote(key, safe='/')}"

    def entity(self, source: str, key: str) -> Entity:
        """The entity of a live record."""
        stored = self.ledger.record(self.iri(source, key))
        assert stored is not None
        assert stored.entity is not None
        found = self.ledger.entity(stored.entity)
        assert found is not None
        return found

    def together(self) -> set[frozenset[str]]:
        """The records of each live entity, as "source:key"."""
        rows = self.ledger.db.execute(
            "SELECT e.iri, r.source || ':' || r.raw_key FROM record r JOIN entity e ON e.id = r.entity"
            " WHERE r.status = 'live'"
        )
        found: dict[str, set[str]] = {}
        for entity, name in rows:
            found.setdefault(entity, set()).add(name)
        return {frozenset(names) for names in found.values()}

    def said(self, entity: Entity, predicate: ox.NamedNode) -> list[str]:
        return sorted(
            quad.object.value
            for quad in parse(entity.nquads)
            if quad.subject == ox.NamedNode(entity.iri) and quad.predicate == predicate
        )

    def picture(self) -> set[str]:
        """The catalogue, comparisons and derived statements with entities named by their records, not by their IRIs."""
        db = self.ledger.db
        names: dict[str, str] = {}
        for entity, record_ in db.execute(
            "SELECT e.iri, r.iri FROM record r JOIN entity e ON e.id = r.entity WHERE r.status = 'live' ORDER BY r.iri"
        ):
            names[entity] = names.get(entity, "entity") + " " + record_.removeprefix(BASE)
        longest = sorted(names, key=len, reverse=True)

        def renamed(text: str) -> str:
            for entity in longest:
                text = text.replace(f"<{entity}>", f"<{names[entity]}>").replace(f"<{entity}#", f"<{names[entity]}#")
            return text

        found = {
            renamed(line)
            for (iri,) in db.execute("SELECT iri FROM entity WHERE status = 'live'").fetchall()
            if (entity := self.ledger.entity(iri))
            for line in entity.nquads.split("\n")
        }
        found |= {
            " ".join(sorted((a, b))) + f" {verdict} {part} {score} {signs!r}"
            for a, b, verdict, part, score, signs in db.execute(
                "SELECT x.iri, y.iri, c.verdict, p.iri, c.score, c.signs FROM comparison c JOIN record x ON x.id = c.a"
                " JOIN record y ON y.id = c.b LEFT JOIN record p ON p.id = c.part"
            )
        }
        found |= {
            renamed(f"<{entity}> {predicate} {object_} {rule} {grounds}")
            for entity, predicate, object_, rule, grounds in db.execute(
                "SELECT e.iri, d.predicate, d.object, d.rule, d.grounds FROM derived d JOIN entity e ON e.id = d.entity"
            )
        }
        return found


def described(source: str) -> dict[str, Any]:
    return {
        "title": {"de": source, "en": source}, "homepage": f"https://{source}.example/", "publisher": "Verein",
        "licence": CC0, "attribution": f"Verein {source}", "rank": RANKS.get(source, 50), "every": 86400, "note": None,
    }  # fmt: skip
