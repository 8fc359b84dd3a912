"""Finding entities: words, facets, position, time, pages."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from registry import search
from registry.ledger import Ledger, entities
from registry.record import digest
from registry.search import Box, Near, Query
from registry.search.bitmaps import Bitmaps, bits, mask
from registry.search.bitmaps import ids as members
from registry.search.folding import fold, searchable, sort_key
from registry.sphere import distance

BASE = "http://orte.test"
ORTE = "https://w3id.org/orte/ns#"
CONCEPT = "https://w3id.org/orte/concept/"
SCHEMA = "https://schema.org/"


@dataclass(frozen=True)
class Thing:
    """An entity as the search sees it."""

    iri: str
    kind: str
    nquads: str
    modified: str = "2026-01-01T00:00:00Z"
    status: str = "live"


def thing(
    slug: str,
    name: str,
    *,
    kind: str = "site",
    at: tuple[float, float] | None = None,
    modified: str = "2026-01-01T00:00:00Z",
    **properties: str | list[str],
) -> Thing:
    """A thing with properties such as ``theme="crafts"``; those with an underscore in front are text."""
    iri = f"{BASE}/{kind}/{slug}"
    classes = {"site": "CooperationSite", "network": "Network", "service": "Service", "organisation": "Organisation"}
    lines = [
        f"<{iri}> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{ORTE}{classes[kind]}> .",
        f'<{iri}> <{SCHEMA}name> "{name}"@de .',
    ]
    if at:
        lines += [
            f"<{iri}> <{SCHEMA}geo> <{iri}#geo> .",
            f'<{iri}#geo> <{SCHEMA}latitude> "{at[0]}"^^<http://www.w3.org/2001/XMLSchema#decimal> .',
            f'<{iri}#geo> <{SCHEMA}longitude> "{at[1]}"^^<http://www.w3.org/2001/XMLSchema#decimal> .',
        ]
    predicates = {
        "theme": (f"{ORTE}theme", f"{CONCEPT}theme/"),
        "phase": (f"{ORTE}phase", f"{CONCEPT}phase/"),
        "service": (f"{ORTE}serviceKind", f"{CONCEPT}service/"),
        "region": (f"{ORTE}region", "https://w3id.org/orte/region/"),
        "network": (f"{SCHEMA}memberOf", f"{BASE}/network/"),
        "offers": (f"{ORTE}offers", f"{BASE}/service/"),
        "record": ("http://www.w3.org/ns/prov#wasDerivedFrom", f"{BASE}/sources/"),
    }
    for key, values in properties.items():
        for value in [values] if isinstance(values, str) else values:
            if key.startswith("_"):
                lines.append(f'<{iri}> <{SCHEMA}{key[1:]}> "{value}"@de .')
            else:
                predicate, prefix = predicates[key]
                lines.append(f"<{iri}> <{predicate}> <{prefix}{value}> .")
    return Thing(iri, kind, "\n".join(sorted(lines)) + "\n", modified)


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    search.create(connection)
    yield connection
    connection.close()


def fill(db: sqlite3.Connection, *things: Thing) -> None:
    for one in things:
        search.index(db, {one.iri: search.entry(one)})


def found(db: sqlite3.Connection, **question: object) -> list[str]:
    page = search.find(db, Query(**question))  # type: ignore[arg-type]
    return [hit.iri.rpartition("/")[2] for hit in page.hits]


def facet(db: sqlite3.Connection, name: str, **question: object) -> dict[str, int]:
    page = search.find(db, Query(**question))  # type: ignore[arg-type]
    return {count.value.rpartition("/")[2].rpartition("#")[2]: count.count for count in page.facets.get(name, ())}


@pytest.mark.parametrize("query", ["Käsehaus", "kaesehaus", "KASEHAUS", "käse", "Kas"])
def test_umlauts_are_found_however_they_are_typed(db: sqlite3.Connection, query: str) -> None:
    fill(db, thing("a", "Käsehaus Grimma"), thing("b", "Rathaus"))
    assert found(db, text=query) == ["a"]


def test_folding() -> None:
    assert fold("Straße ÄÖÜ é") == "strasse aeoeue e"
    assert sort_key("Ärzte-Haus") == "arzte haus"
    assert searchable("Käse und Öl") == "kaese und oel kase ol"
    assert fold("A\u0308rzte") == fold("Ärzte")  # decomposed, as file systems and some pages write it


def test_words_inside_compounds_and_typing_errors_in_names(db: sqlite3.Connection) -> None:
    fill(db, thing("a", "Holzwerkstatt Zeitz"), thing("b", "Werkstatt Borna"), thing("c", "Kulturbahnhof Leisnig"))
    assert found(db, text="werkstatt") == ["b", "a"]  # a word of the name comes before a part of one
    assert found(db, text="Kulturbanhof") == ["c"]
    assert found(db, text="Leisnigg") == ["c"]
    assert found(db, text="qqqqqq") == []


def test_all_words_must_be_found_and_names_come_first(db: sqlite3.Connection) -> None:
    fill(
        db,
        thing("a", "Altes Haus", _description="Kreativ in Leipzig"),
        thing("b", "Kreativ Leipzig"),
        thing("c", "Kreativ Halle"),
    )
    assert found(db, text="kreativ leipzig") == ["b", "a"]


@pytest.mark.parametrize("query", ['"', "AND", "a* OR b", "name:x", "NEAR(a b)", "()", "-", "'; DROP TABLE x", "\x00"])
def test_no_query_is_a_syntax_error(db: sqlite3.Connection, query: str) -> None:
    fill(db, thing("a", "Haus"))
    assert found(db, text=query) in ([], ["a"])


def test_concept_labels_are_found_in_both_languages(db: sqlite3.Connection) -> None:
    fill(db, thing("a", "Haus A", service="childcare"), thing("b", "Haus B", theme="crafts"))
    assert found(db, text="Kinderbetreuung") == ["a"]
    assert found(db, text="childcare") == ["a"]
    assert found(db, text="Handwerk") == ["b"]


def test_facets_are_alternatives_within_and_conditions_between(db: sqlite3.Connection) -> None:
    fill(
        db,
        thing("a", "A", theme=["crafts", "culture"], phase="operating"),
        thing("b", "B", theme="culture", phase="idea"),
        thing("c", "C", theme="education", phase="operating"),
    )
    themes = tuple(f"{CONCEPT}theme/{name}" for name in ("crafts", "education"))
    operating = (f"{CONCEPT}phase/operating",)
    assert found(db, kind="site", facets={"theme": themes}) == ["a", "c"]
    assert found(db, kind="site", facets={"theme": (f"{CONCEPT}theme/culture",), "phase": operating}) == ["a"]
    # The counts of a facet ignore its own choice, and obey all others.
    assert facet(db, "theme", kind="site", facets={"theme": themes, "phase": operating}) == {
        "crafts": 1,
        "culture": 1,
        "education": 1,
    }
    assert facet(db, "phase", kind="site", facets={"theme": themes, "phase": operating}) == {"operating": 2}


def test_broader_concepts_classes_and_regions_include_narrower(db: sqlite3.Connection) -> None:
    fill(db, thing("a", "A", service="wood", region="14729"), thing("b", "B", region="15082"))
    assert found(db, facets={"service": (f"{CONCEPT}service/workshop",)}) == ["a"]
    assert found(db, facets={"type": (f"{ORTE}Site",)}) == ["a", "b"]
    assert found(db, facets={"region": ("https://w3id.org/orte/region/14",)}) == ["a"]
    assert found(db, facets={"source": ("none",)}) == []


def test_a_site_is_found_by_the_services_it_offers(db: sqlite3.Connection) -> None:
    desk = {"facets": {"service": (f"{CONCEPT}service/desk",)}, "kind": "site"}
    site = thing("a", "Haus", offers="d")
    service = thing("d", "Arbeitsplatz mieten", kind="service", service="desk")
    fill(db, site)
    assert found(db, **desk) == []
    fill(db, service)  # the service comes after the site
    assert found(db, **desk) == ["a"]
    assert found(db, kind="site", text="Arbeitsplatz") == ["a"]
    fill(db, site)
    assert found(db, **desk) == ["a"]
    search.remove(db, service.iri)
    assert found(db, **desk) == []
    assert found(db, kind="site", text="Arbeitsplatz") == []


def test_the_source_facet_comes_from_the_records(db: sqlite3.Connection) -> None:
    fill(db, thing("a", "A", record=["openfairdb/records/1", "studie/records/x"]), thing("b", "B"))
    assert facet(db, "source") == {"openfairdb": 1, "studie": 1}


def test_box_circle_and_distance(db: sqlite3.Connection) -> None:
    leipzig, halle, zeitz = (51.34, 12.373), (51.482, 11.97), (51.047, 12.138)
    fill(db, thing("l", "L", at=leipzig), thing("h", "H", at=halle), thing("z", "Z", at=zeitz), thing("n", "N"))
    assert found(db, box=Box(12.0, 51.0, 12.5, 51.4)) == ["l", "z"]
    page = search.find(db, Query(near=Near(*leipzig, 35_000)))
    assert [hit.name for hit in page.hits] == ["L", "H"]
    assert page.hits[0].distance == pytest.approx(0, abs=0.1)
    assert page.hits[1].distance == pytest.approx(32_100, abs=300)  # Leipzig–Halle as the crow flies
    assert found(db, near=Near(*leipzig, 32_000)) == ["l"]
    assert distance((0, 0), (0, 180)) == pytest.approx(20_015_115, abs=1)  # half of a great circle


def test_circles_at_the_date_line_and_the_poles(db: sqlite3.Connection) -> None:
    fill(db, thing("w", "W", at=(0, 179.9)), thing("e", "E", at=(0, -179.9)), thing("p", "P", at=(89.9, 0)))
    assert set(found(db, near=Near(0, 180, 50_000))) == {"e", "w"}
    assert found(db, near=Near(89.9, 180, 50_000)) == ["p"]
    assert found(db, box=Box(179, -1, -179, 1)) == ["e", "w"]


def test_modified_since_and_newest_first(db: sqlite3.Connection) -> None:
    fill(db, *(thing(f"s{month}", f"S{month}", modified=f"2026-0{month}-01T00:00:00Z") for month in (1, 2, 3)))
    assert found(db, modified_since="2026-02-01T00:00:00Z") == ["s2", "s3"]
    assert found(db, sort="modified") == ["s3", "s2", "s1"]
    assert found(db, kind="site", sort="modified", limit=1) == ["s3"]


def pages(db: sqlite3.Connection, bitmaps: Bitmaps, query: Query) -> list[str]:
    """All hits by following cursors."""
    collected: list[str] = []
    for _ in range(1000):
        page = search.find(db, query, bitmaps)
        collected += [hit.iri for hit in page.hits]
        assert len(page.hits) == query.limit or page.next is None
        if page.next is None:
            return collected
        query = Query(**{**vars(query), "cursor": page.next})
    raise AssertionError("paging does not end")


@pytest.mark.parametrize("few", [0, 2000])
@pytest.mark.parametrize(
    "question",
    [
        Query(kind="site", limit=7),
        Query(limit=7, sort="modified"),
        Query(kind="site", limit=7, near=Near(51.3, 12.3, 60_000)),
        Query(kind="site", limit=7, text="haus"),
        Query(kind="site", limit=7, facets={"theme": (f"{CONCEPT}theme/culture",)}, sort="name"),
    ],
)
def test_pages_neither_repeat_nor_skip(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, question: Query, few: int
) -> None:
    monkeypatch.setattr("registry.search.bitmaps._FEW", few)
    draw = random.Random(7)
    for number in range(60):
        fill(
            db,
            thing(
                f"s{number}",
                draw.choice(["Haus", "Haus am Markt", "Altes Rathaus", "Ärztehaus"]),  # many equal names
                at=(51 + draw.random(), 12 + draw.random()),
                modified=f"2026-01-0{draw.randint(1, 5)}T00:00:00Z",
                theme=draw.choice(["culture", "crafts"]),
            ),
        )
    bitmaps = Bitmaps()
    everything = search.find(db, Query(**{**vars(question), "limit": 1000}), bitmaps)
    collected = pages(db, bitmaps, question)
    assert collected == [hit.iri for hit in everything.hits]
    assert len(collected) == len(set(collected)) == everything.total > 7


def test_a_page_is_stable_when_something_before_it_goes(db: sqlite3.Connection) -> None:
    fill(db, *(thing(f"s{n}", f"Haus {n}") for n in range(6)))
    first = search.find(db, Query(limit=3))
    search.remove(db, f"{BASE}/site/s1")
    assert found(db, limit=3, cursor=first.next) == ["s3", "s4", "s5"]


@pytest.mark.parametrize(
    "cursor", ["x", "!!!", "bm9uZQ", "WzFd", "W10", "WyJuIixbMV0sMl0", "WyJuIiwiYSIsLTFd", "é", "a" * 5000]
)
def test_garbage_is_no_cursor(db: sqlite3.Connection, cursor: str) -> None:
    with pytest.raises(search.BadCursor):
        search.find(db, Query(cursor=cursor))


def test_a_cursor_belongs_to_its_order(db: sqlite3.Connection) -> None:
    fill(db, thing("a", "A"), thing("b", "B"))
    by_name = search.find(db, Query(limit=1)).next
    with pytest.raises(search.BadCursor):
        search.find(db, Query(cursor=by_name, sort="modified"))


def test_bitmaps_follow_what_changes(db: sqlite3.Connection) -> None:
    bitmaps = Bitmaps()
    culture = {"theme": (f"{CONCEPT}theme/culture",)}

    def total(**question: object) -> int:
        return search.find(db, Query(**question), bitmaps).total  # type: ignore[arg-type]

    fill(db, thing("a", "A", theme="culture"), thing("b", "B", theme="culture"))
    assert total(facets=culture) == 2
    fill(db, thing("a", "A", theme="crafts"))
    assert (total(facets=culture), total()) == (1, 2)
    fill(db, Thing(f"{BASE}/site/b", "site", "", status="withdrawn"))
    assert (total(facets=culture), total()) == (0, 1)
    search.clear(db)
    assert total() == 0
    fill(db, thing("c", "C", theme="culture"))
    assert (total(facets=culture), total()) == (1, 1)


def test_bits_and_members_agree() -> None:
    ids = [0, 1, 7, 8, 63, 64, 100_000]
    assert list(members(bits(ids))) == ids
    assert [number for number, flag in enumerate(mask(bits(ids), 200)) if flag] == ids[:-1]


def test_an_entity_without_name_is_listed_under_its_slug(db: sqlite3.Connection) -> None:
    fill(db, Thing(f"{BASE}/site/ohne-name-abcd", "site", ""))
    assert search.names(db, [f"{BASE}/site/ohne-name-abcd", "http://else.where/"]) == {
        f"{BASE}/site/ohne-name-abcd": "ohne-name-abcd"
    }


def described(ledger: Ledger, *slugs: str) -> list[tuple[int, str]]:
    """Sites put into the ledger: their ids and IRIs."""
    made = []
    with ledger.transaction():
        for slug in slugs:
            number = entities.mint(ledger.db, BASE, "site", slug, slug, ledger.now())
            (iri,) = ledger.db.execute("SELECT iri FROM entity WHERE id = ?", (number,)).fetchone()
            text = thing(iri.rpartition("/")[2], f"Haus {slug}").nquads
            entities.put(ledger.db, number, text, digest(text), ledger.now(), None)
            made.append((number, iri))
    return made


def test_following_the_ledger_and_rebuilding_agree(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "ledger.sqlite", BASE, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    iris = described(ledger, "a", "b", "c")
    assert search.follow(ledger) == 3
    assert search.follow(ledger) == 0
    with ledger.transaction():
        entities.withdraw(ledger.db, iris[1][0], ledger.now(), None)
    assert search.follow(ledger) == 1
    followed = search.find(ledger.db, Query())
    assert [hit.name for hit in followed.hits] == ["Haus a", "Haus c"]
    assert search.rebuild(ledger) == 3
    assert search.find(ledger.db, Query()) == followed
    ledger.close()


def test_two_processes_may_index_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one is faster: it has indexed everything, and more, between reading and writing of the first."""
    ledger = Ledger.open(tmp_path / "ledger.sqlite", BASE)
    ((number, iri), *_) = described(ledger, "a", "b")
    entry = search.entry
    others: list[Ledger] = []

    def slowly(entity: search.Indexable | None) -> search.Entry | None:
        read = entry(entity)
        if not others:
            others.append(other := Ledger.open(tmp_path / "ledger.sqlite", BASE))
            with other.transaction():
                text = thing(iri.rpartition("/")[2], "Neues Haus").nquads
                entities.put(other.db, number, text, digest(text), other.now(), None)
            assert search.follow(other) == 2
        return read

    monkeypatch.setattr("registry.search.following.entry", slowly)
    assert search.follow(ledger) == 0
    assert [hit.name for hit in search.find(ledger.db, Query()).hits] == ["Haus b", "Neues Haus"]
    for one in (ledger, *others):
        one.close()


def test_a_site_and_its_services_may_come_together_in_any_order(db: sqlite3.Connection) -> None:
    site, service = thing("a", "Haus", offers="d"), thing("d", "Arbeitsplatz", kind="service", service="desk")
    for together in ((site, service), (service, site)):
        search.index(db, {one.iri: search.entry(one) for one in together})
        assert found(db, facets={"service": (f"{CONCEPT}service/desk",)}, kind="site") == ["a"]
        assert found(db, kind="site", text="Arbeitsplatz") == ["a"]
        assert sorted(found(db)) == ["a", "d"]
