"""`orte judge`, `orte judgements`, `orte review` and `orte explain` as people type them."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from registry.cli.app import app
from tests.registry.identity.catalogue import Catalogue

COWORKING = {"name": "Coworking am Markt", "locality": "Zeitz", "url": "https://space14.example/"}
SPACE = {"name": "Space 14", "locality": "Zeitz", "url": "https://space14.example/"}


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    found = Catalogue(tmp_path / "ledger.sqlite")
    found.put([("a", "1", COWORKING), ("b", "2", SPACE)])
    return found


def orte(catalogue: Catalogue, *words: str, said: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(app, ["--data", str(catalogue.path.parent), *words], input=said)
    return result.exit_code, result.output


def test_judge_list_undo(catalogue: Catalogue) -> None:
    code, output = orte(
        catalogue, "judge", "same", "a:1", "b:2", "--by", "Redaktion", "--why", "selbst gesehen", "--json"
    )
    assert code == 0
    assert orjson.loads(output)["number"] == 1
    assert len(catalogue.together()) == 1
    assert orte(catalogue, "judge", "undo", "1", "--by", "Redaktion")[0] == 0
    assert len(catalogue.together()) == 2
    code, output = orte(catalogue, "judgements", "list", "--json")
    assert [(row["verdict"], row["holds"]) for row in orjson.loads(output)] == [("same", False), ("undo", True)]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("same", "a:1", "--by", "R"), "needs two"),
        (("same", "a:1", "b:9", "--by", "R"), "neither a record nor an entity"),
        (("same", "a:1", "b:2"), "--by"),
        (("undo", "7", "--by", "R"), "no judgement 7"),
        (("undo", "x", "--by", "R"), "number"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_not_zero(
    catalogue: Catalogue, words: tuple[str, ...], sentence: str
) -> None:
    code, output = orte(catalogue, "judge", *words)
    assert code != 0
    assert sentence in " ".join(output.replace("│", " ").split())


def test_export_and_import(catalogue: Catalogue, tmp_path: Path) -> None:
    orte(catalogue, "judge", "same", "a:1", "b:2", "--by", "Redaktion", "--why", "selbst gesehen")
    file = tmp_path / "urteile.sssom.tsv"
    assert orte(catalogue, "judgements", "export", str(file))[0] == 0
    (tmp_path / "neu").mkdir()
    other = Catalogue(tmp_path / "neu" / "ledger.sqlite")
    other.put([("a", "1", COWORKING), ("b", "2", SPACE)])
    code, output = orte(other, "judgements", "import", str(file), "--json")
    assert code == 0
    assert orjson.loads(output) == {"added": 1, "known": 0, "validated": True}
    assert other.together() == catalogue.together()
    assert orte(other, "judgements", "export")[1] == file.read_text(encoding="utf-8")


def test_a_broken_file_changes_nothing(catalogue: Catalogue, tmp_path: Path) -> None:
    file = tmp_path / "kaputt.tsv"
    file.write_bytes(b"\xff\xfe\x00")
    assert orte(catalogue, "judgements", "import", str(file))[0] != 0
    file.write_text("subject_id\tpredicate_id\tobject_id\tmapping_justification\nx\ty\tz\tw\n")
    code, output = orte(catalogue, "judgements", "import", str(file))
    assert code != 0
    assert "row 1" in output
    assert orjson.loads(orte(catalogue, "judgements", "list", "--json")[1]) == []


def test_review_asks_side_by_side_until_nothing_is_open(catalogue: Catalogue) -> None:
    code, output = orte(catalogue, "review", "--by", "Redaktion", said="x\ns\nselbst gesehen\n")
    assert code == 0
    assert "Coworking am Markt" in output
    assert "Space 14" in output
    assert "same website space14.example" in output
    assert "1 judged; 0 questions are open" in output
    assert len(catalogue.together()) == 1


def test_review_can_be_skipped_left_and_read_by_scripts(catalogue: Catalogue) -> None:
    assert "1 questions are open" in orte(catalogue, "review", "--by", "Redaktion", said="k\n")[1]
    assert "1 questions are open" in orte(catalogue, "review", "--by", "Redaktion", said="q\n")[1]
    (question,) = orjson.loads(orte(catalogue, "review", "--json")[1])
    assert {sign["sign"] for sign in question["signs"]} >= {"page-same", "village-same", "name-other"}


def test_explain_says_what_speaks_for_and_against(catalogue: Catalogue) -> None:
    code, output = orte(catalogue, "explain", "a:1", "b:2")
    assert code == 0
    assert "same website space14.example" in output
    assert "unsure by the rules" in output
