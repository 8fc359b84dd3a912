"""People's judgements: they hold over rules, can be undone, travel as text, and leave no trace when taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from registry.identity import sssom
from registry.identity.judge import JudgementError, judge, undo
from registry.identity.review import open_questions, questions
from registry.identity.sssom import SssomError, read
from registry.ledger import judgements
from registry.terms import ORTE, SCHEMA
from registry.unify import unify
from tests.registry.identity.catalogue import Catalogue

POSA = {"name": "Kloster Posa", "locality": "Zeitz"}
LONG = {"name": "Kloster Posa, Zeitz", "locality": "Zeitz", "tel": "+4934415550100"}


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(tmp_path / "ledger.sqlite")


def _judge(catalogue: Catalogue, verdict: str, a: str, b: str) -> int:
    number = judge(catalogue.ledger, verdict, a, b, by="Redaktion", why="ortskundig")  # type: ignore[arg-type]
    unify(catalogue.ledger)
    return number


def _undo(catalogue: Catalogue, number: int) -> int:
    number = undo(catalogue.ledger, number, by="Redaktion", why="geirrt")
    unify(catalogue.ledger)
    return number


def test_two_titles_of_one_place_are_one_entity_and_the_other_title_is_found(catalogue: Catalogue) -> None:
    catalogue.put([("kreativorte-mitteldeutschland", "posa", LONG), ("kreativorte-im-gruenen", "591", POSA)])
    assert catalogue.together() == {frozenset(["kreativorte-mitteldeutschland:posa", "kreativorte-im-gruenen:591"])}
    entity = catalogue.entity("kreativorte-im-gruenen", "591")
    assert catalogue.said(entity, SCHEMA["name"]) == ["Kloster Posa, Zeitz"]
    assert catalogue.said(entity, SCHEMA["alternateName"]) == ["Kloster Posa"]


def test_ten_merges_undone_give_the_digest_from_before(catalogue: Catalogue) -> None:
    fruit = "Apfel Birne Kirsche Pflaume Quitte Mispel Holunder Schlehe Sanddorn Hagebutte Walnuss"
    names = fruit.split()
    catalogue.put([("a", name, {"name": f"Haus {name}", "locality": f"{name}dorf"}) for name in names])
    catalogue.put([("b", name, {"name": f"Haus {name}", "locality": f"{name}dorf"}) for name in names[:5]])
    before, together = catalogue.ledger.digest("entity"), catalogue.together()
    iris = [catalogue.entity("a", name).iri for name in names]
    made = [_judge(catalogue, "same", iris[0], iri) for iri in iris[1:]]
    assert len(catalogue.together()) == 1
    for number in made[::2] + made[1::2]:
        _undo(catalogue, number)
    assert catalogue.together() == together
    assert catalogue.ledger.digest("entity").digest == before.digest


def test_a_merge_redirects_and_a_split_gives_each_side_its_own_iri_back(catalogue: Catalogue) -> None:
    catalogue.put([("a", "1", {"name": "Haus Apfel", "locality": "Borna"})])
    catalogue.put([("b", "2", {"name": "Hof Birne", "locality": "Zeitz"})])
    apple, pear = catalogue.entity("a", "1").iri, catalogue.entity("b", "2").iri
    _judge(catalogue, "same", apple, pear)
    loser = catalogue.ledger.entity(pear)
    assert loser is not None
    assert (loser.status, loser.winner) == ("merged", apple)
    assert catalogue.entity("b", "2").iri == apple
    _judge(catalogue, "different", apple, pear)
    assert (catalogue.entity("a", "1").iri, catalogue.entity("b", "2").iri) == (apple, pear)
    assert catalogue.entity("b", "2").status == "live"


def test_a_wrong_automatic_merge_is_split_by_naming_records_and_stays_split(catalogue: Catalogue) -> None:
    catalogue.put([("a", "1", POSA), ("b", "2", LONG)])
    first = catalogue.entity("a", "1").iri
    _judge(catalogue, "different", "a:1", "b:2")
    second = catalogue.entity("b", "2").iri
    assert catalogue.entity("a", "1").iri == first != second
    catalogue.put([("a", "1", {**POSA, "tel": "+49344155501"}), ("b", "2", {**LONG, "tel": "+49344155501"})])
    assert (catalogue.entity("a", "1").iri, catalogue.entity("b", "2").iri) == (first, second)


def test_an_iri_stays_with_what_it_means_when_a_record_comes_to_mean_something_else(catalogue: Catalogue) -> None:
    catalogue.put([("a", "1", POSA)])
    catalogue.put([("b", "2", LONG)])
    posa = catalogue.entity("b", "2").iri
    catalogue.put([("a", "1", {"name": "Bahnhof Leisnig", "locality": "Leisnig"})])
    assert catalogue.entity("b", "2").iri == posa
    assert catalogue.entity("a", "1").iri != posa


def test_the_latest_judgement_holds_and_an_undo_can_be_undone(catalogue: Catalogue) -> None:
    catalogue.put([("a", "1", POSA), ("b", "2", LONG)])
    apart = _judge(catalogue, "different", "a:1", "b:2")
    assert len(catalogue.together()) == 2
    taken_back = _undo(catalogue, apart)
    assert len(catalogue.together()) == 1
    _undo(catalogue, taken_back)
    assert len(catalogue.together()) == 2
    _judge(catalogue, "same", "a:1", "b:2")
    assert len(catalogue.together()) == 1
    assert [one.verdict for one in judgements.all_(catalogue.ledger.db)] == ["different", "undo", "undo", "same"]


def test_a_judgement_about_entities_is_about_all_their_records(catalogue: Catalogue) -> None:
    catalogue.put([("a", "1", POSA), ("b", "2", LONG), ("a", "3", {"name": "Alte Ziegelei", "locality": "Borna"})])
    both, other = catalogue.entity("a", "1").iri, catalogue.entity("a", "3").iri
    _judge(catalogue, "same", both, other)
    assert len(catalogue.together()) == 1, "though the source lists two of them"


def test_part_of_by_a_person_overrides_and_names_its_ground(catalogue: Catalogue) -> None:
    catalogue.put([("a", "1", {"name": "Lichtspiele", "locality": "Zeitz"}), ("b", "2", POSA)])
    house = catalogue.entity("b", "2").iri
    number = _judge(catalogue, "part-of", "a:1", house)
    assert catalogue.said(catalogue.entity("a", "1"), ORTE["partOf"]) == [house]
    _undo(catalogue, number)
    assert catalogue.said(catalogue.entity("a", "1"), ORTE["partOf"]) == []


def test_different_takes_a_derived_part_of_back(catalogue: Catalogue) -> None:
    catalogue.put([("a", "1", {"name": "Café im Kloster Posa", "locality": "Zeitz"}), ("b", "2", POSA)])
    house = catalogue.entity("b", "2").iri
    assert catalogue.said(catalogue.entity("a", "1"), ORTE["partOf"]) == [house]
    _judge(catalogue, "different", "a:1", "b:2")
    assert catalogue.said(catalogue.entity("a", "1"), ORTE["partOf"]) == []


def test_a_person_decides_which_record_speaks(catalogue: Catalogue) -> None:
    catalogue.put(
        [
            ("kreativorte-mitteldeutschland", "1", {**POSA, "tel": "+493441111"}),
            ("openfairdb", "2", {**LONG, "tel": "+493441222"}),
        ]
    )
    entity = catalogue.entity("openfairdb", "2")
    assert catalogue.said(entity, SCHEMA["telephone"]) == ["+493441111"]
    number = _judge(catalogue, "prefer", "openfairdb:2", SCHEMA["telephone"].value)
    assert catalogue.said(catalogue.entity("openfairdb", "2"), SCHEMA["telephone"]) == ["+493441222"]
    _undo(catalogue, number)
    assert catalogue.entity("openfairdb", "2").digest == entity.digest


@pytest.mark.parametrize(
    ("verdict", "a", "b", "sentence"),
    [
        ("same", "a:1", "a:1", "the same record"),
        ("same", "a:1", "netz:1", "different things by their kind"),
        ("part-of", "netz:1", "a:1", "only sites and services"),
        ("same", "a:1", "a:99", "neither a record nor an entity"),
        ("prefer", "a:1", "telephone", "IRI of a property"),
        ("same", "a:1", "b:weg", "withdrawn"),
    ],
)
def test_what_cannot_be_judged_is_said_in_a_sentence(
    catalogue: Catalogue, verdict: str, a: str, b: str, sentence: str
) -> None:
    catalogue.put([("a", "1", POSA), ("netz", "1", {"kind": "network", "name": "Kloster Posa"}), ("b", "weg", POSA)])
    catalogue.put([("b", "weg", None)])
    with pytest.raises(JudgementError, match=sentence):
        _judge(catalogue, verdict, a, b)


def test_open_questions_are_asked_once_and_go_when_judged(catalogue: Catalogue) -> None:
    unsure = {"name": "Space 14", "locality": "Zeitz", "url": "https://space14.example/"}
    catalogue.put(
        [
            ("a", "1", {"name": "Coworking am Markt", "locality": "Zeitz", "url": "https://space14.example/"}),
            ("b", "2", unsure),
        ]
    )
    (question,) = questions(catalogue.ledger)
    assert open_questions(catalogue.ledger) == 1
    assert {question.a.raw_key, question.b.raw_key} == {"1", "2"}
    assert any(sign.name == "page-same" for sign in question.signs)
    _judge(catalogue, "different", "a:1", "b:2")
    assert list(questions(catalogue.ledger)) == []
    assert open_questions(catalogue.ledger) == 0


def _judged(catalogue: Catalogue) -> None:
    catalogue.put(
        [
            ("a", "1", POSA), ("b", "x/2 ü", LONG), ("a", "3", {"name": "Alte Ziegelei", "locality": "Borna"}),
            ("b", "4", {"name": "Lichtspiele", "locality": "Borna"}),
        ]
    )  # fmt: skip
    _judge(catalogue, "different", "a:1", "b:x/2%20%C3%BC")
    _judge(catalogue, "same", "a:3", "b:4")
    _undo(catalogue, _judge(catalogue, "same", "a:1", "a:3"))
    _judge(catalogue, "part-of", "a:3", "a:1")


def test_judgements_travel_as_sssom(catalogue: Catalogue, tmp_path: Path) -> None:
    _judged(catalogue)
    text = sssom.write(catalogue.ledger)
    assert sssom.validate(text), "the sssom library is part of the test dependencies"
    elsewhere = Catalogue(tmp_path / "elsewhere.sqlite")
    with elsewhere.ledger.transaction():
        pass
    done = sssom.take_in(elsewhere.ledger, sssom.read(text))
    assert (done.added, done.known) == (3, 0)
    assert sssom.take_in(elsewhere.ledger, sssom.read(text)) == sssom.Imported(0, 3)
    elsewhere.put([("b", "x/2 ü", LONG), ("a", "1", POSA), ("b", "4", {"name": "Lichtspiele", "locality": "Borna"}),
                   ("a", "3", {"name": "Alte Ziegelei", "locality": "Borna"})])  # fmt: skip
    assert elsewhere.together() == catalogue.together()
    assert sssom.write(elsewhere.ledger).splitlines()[-3:] == text.splitlines()[-3:]


HEAD = "#curie_map:\n#  a: http://127.0.0.1:8000/sources/a/records/\n"
COLUMNS = "subject_id\tpredicate_id\tpredicate_modifier\tobject_id\tmapping_justification\tauthor_label\tmapping_date\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no table"),
        (HEAD, "no table"),
        ("subject_id,object_id\n", "separated by tabs"),
        (
            HEAD + COLUMNS + "a:1\tskos:closeMatch\t\ta:2\tsemapv:ManualMappingCuration\tR\t\n",
            "row 1: 'skos:closeMatch'",
        ),
        (
            HEAD + COLUMNS + "b:1\tskos:exactMatch\t\ta:2\tsemapv:ManualMappingCuration\tR\t\n",
            "row 1: subject_id 'b:1'",
        ),
        (HEAD + COLUMNS + "a:1\tskos:exactMatch\t\ta:1\tsemapv:ManualMappingCuration\tR\t\n", "the same record"),
        (HEAD + COLUMNS + "a:1\tskos:exactMatch\t\ta:2\t\tR\t\n", "mapping_justification is empty"),
        (HEAD + COLUMNS + "a:1\tskos:exactMatch\t\ta:2\tsemapv:ManualMappingCuration\t\t\n", "nobody is named"),
        (HEAD + COLUMNS + "a:1\tskos:exactMatch\t\ta:2\tsemapv:ManualMappingCuration\tR\tgestern\n", "not a date"),
        (HEAD + COLUMNS + "a:1\torte:partOf\tNot\ta:2\tsemapv:ManualMappingCuration\tR\t\n", "is no judgement"),
    ],
)
def test_a_file_that_is_no_sssom_of_judgements_names_the_row(text: str, sentence: str) -> None:
    with pytest.raises(SssomError, match=sentence):
        sssom.read(text)


def test_the_library_refuses_what_is_not_sssom() -> None:
    text = HEAD + COLUMNS + "a:1\tskos:exactMatch\tPerhaps\ta:2\tsemapv:ManualMappingCuration\tR\t2026-11-01\n"
    with pytest.raises(SssomError, match="sssom library"):
        sssom.validate(text)


def test_a_reason_of_several_lines_is_one_reason() -> None:
    """As `orte judgements export` writes it, whatever a line begins with, and whatever else breaks lines in Unicode."""
    one, two = ("http://a.example/sources/x/records/1", "http://a.example/sources/x/records/2")
    text = (
        "#curie_map:\n#  skos: http://www.w3.org/2004/02/skos/core#\n\n"
        "subject_id\tpredicate_id\tobject_id\tmapping_justification\tauthor_label\tcomment\n"
        f'{one}\tskos:exactMatch\t{two}\tsemapv:ManualMappingCuration\tGremium\t"Erst\n#dann\u2028so"\n\n'
    )
    (row,) = read(text)
    assert (row.verdict, row.why) == ("same", "Erst #dann so")
