"""Sources that are odd but alive: what can be read is read, what is odd is told, and nothing else happens."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from harvesters.source import Source
from registry import harvesting
from registry.ledger import Ledger
from registry.sources import sources
from tests.registry.cases import AFTER, BEFORE, Places, case_of, describe, expected
from tests.registry.sourced import Sourced, counts
from tests.standins import Reply, StandIn, in_turn, too_many

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LIST = [{"id": number, "name": name} for number, name in BEFORE.items()]
UMLAUTS: Places = {number: f"Käsehaus {number}" for number in BEFORE}


@dataclass(frozen=True)
class Oddity:
    """What a source answers, and what the owner is told of it. `counted`: created, updated, withdrawn, unchanged."""

    id: str
    answer: Callable[[Places], Any]
    told: str = ""
    counted: tuple[int, int, int, int] = (0, 0, 0, 6)
    case: str = "json"
    places: Places = field(default_factory=lambda: BEFORE)
    settings: Mapping[str, Any] = field(default_factory=dict)


def _list(places: Places) -> list[dict[str, Any]]:
    return [{"id": number, "name": name} for number, name in places.items()]


def _with(**values: Any) -> Callable[[Places], Any]:
    """The list, its last entry with these values."""
    return lambda places: [*_list(places)[:-1], {**_list(places)[-1], **values}]


def _plus(*entries: Any) -> Callable[[Places], Any]:
    return lambda places: [*_list(places), *entries]


def _labelled(label: str, encoding: str) -> Callable[[Places], Any]:
    def answer(places: Places) -> Reply:
        body = json.dumps(_list(places), ensure_ascii=False).encode(encoding)
        return Reply(body, headers={"Content-Type": f"application/json; charset={label}"})

    return answer


def _table(*before: str, again: int = 0, bom: bool = False) -> Callable[[Places], bytes]:
    """A CSV with lines before the header, and the header once more after so many rows."""

    def answer(places: Places) -> bytes:
        rows = [f'"{name}";{number}' for number, name in places.items()]
        if again:
            rows.insert(again, "name;nr")
        return "\r\n".join([*before, "name;nr", *rows, ""]).encode("utf-8-sig" if bom else "cp1252")

    return answer


def _workbook(places: Places) -> bytes:
    """A title merged over the columns, a formula without a stored result, and a category merged over rows."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Unsere Häuser", None, None, None])
    sheet.append(["art", "nr", "name", "fläche"])
    for number, name in places.items():
        sheet.append(["Haus" if number == 1 else None, number, name, "=6*7" if number == 3 else 42])
    sheet.merge_cells("A1:D1")
    sheet.merge_cells(f"A3:A{2 + len(places)}")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


ODDITIES = [
    Oddity("a key that comes twice", _plus({"id": 1, "name": "Ein anderes Haus 1"}), "a key that came before"),
    Oddity("a key of <script>", _plus({"id": "<script>alert(1)</script>", "name": "Haus 9"}), counted=(1, 0, 0, 6)),
    Oddity("a key that climbs", _plus({"id": "../../etc/passwd", "name": "Haus 9"}), counted=(1, 0, 0, 6)),
    Oddity("a key of 10,000 characters", _plus({"id": "k" * 10_000, "name": "Lang"}), "a key of 10,000 characters"),
    Oddity("no key", _plus({"name": "Ohne"}), "has no key: 'id' is missing"),
    Oddity("no object", _plus("Haus", None, 7), "is no object"),
    Oddity("no name", _plus({"id": 9}), "the lift made nothing of it"),
    Oddity("NaN", _with(lat=float("nan"), lon=12.4), "NaN"),
    Oddity("Infinity", _with(lat=51.3, lon=float("inf")), "INF"),
    Oddity("swapped coordinates", _with(lat=12.4, lon=51.3), "12.4, 51.3", counted=(0, 1, 0, 5)),
    Oddity("projected coordinates", _with(lat=5690000, lon=318000), "UTM"),
    Oddity("coordinates of zero", _with(lat=0.0, lon=0.0), "0, 0"),
    Oddity("a place in Mexico", _with(lat=19.43, lon=-99.13), "19.43"),
    Oddity("UTF-8 labelled Latin-1", _labelled("iso-8859-1", "utf-8"), places=UMLAUTS),
    Oddity("Latin-1 labelled UTF-8", _labelled("utf-8", "latin-1"), places=UMLAUTS),
    Oddity("a moment of 429", lambda places: in_turn(too_many(0), _list(places)), settings={"retries": 1}),
    Oddity("CSV: a title and a header that comes again", _table("Unsere Orte", again=3), case="csv"),
    Oddity("CSV: Excel's own hint, and a byte order mark", _table("sep=;", bom=True), case="csv", places=UMLAUTS),
    Oddity(
        "CSV: a row with too many cells", lambda places: _table()(places) + b"Haus; am Markt;9\r\n",
        "has 3 cells, the header 2", case="csv",
    ),
    Oddity("XLSX: formulas and merged cells", _workbook, "formula without a stored result", case="xlsx"),
]  # fmt: skip


@pytest.mark.parametrize("oddity", ODDITIES, ids=lambda oddity: oddity.id)
def test_the_rest_is_as_it_was(oddity: Oddity, tmp_path: Path) -> None:
    case = case_of(oddity.case)
    with StandIn() as site:
        registry = Sourced(tmp_path, site, **oddity.settings)
        describe(registry, case, site)
        case.publish(site, oddity.places)
        registry.harvest("ort")
        names = registry.names("ort")
        site.route("/orte", oddity.answer(oddity.places))
        run = registry.harvest("ort")["ort"]
        assert (run.outcome, run.reason) == ("complete", None)
        assert registry.names("ort").items() >= names.items()
        findings = registry.findings("ort")
        if oddity.told:
            assert any(oddity.told in text for text in findings), findings
        else:
            assert findings == []
        assert counts(run) == oddity.counted
        again = registry.harvest("ort")["ort"]
        assert counts(again)[:3] == (0, 0, 0)


@pytest.mark.parametrize("name", ["openfairdb", "wordpress"])
def test_a_last_reading_in_the_future_is_the_word_of_a_wrong_clock(name: str, tmp_path: Path) -> None:
    """Asked for "what changed since 2099", a source would say "nothing" until then."""
    case = case_of(name)
    with case.standin() as site:
        registry = Sourced(tmp_path, site)
        describe(registry, case, site, changes_for_days=30)
        case.publish(site, BEFORE)
        registry.harvest("ort", at=datetime(2099, 1, 1, tzinfo=UTC))
        case.publish(site, AFTER)
        run = registry.harvest("ort")["ort"]
        assert (run.outcome, counts(run)) == ("complete", (1, 1, 1, 4))
        assert registry.names("ort") == expected(case, AFTER)


def test_a_source_is_due_when_its_time_has_come_or_its_last_run_lies_in_the_future(tmp_path: Path) -> None:
    with StandIn() as site:
        registry = Sourced(tmp_path, site)
        registry.describe("ort", {"reader": "json", "url": site.url("/"), "key": "id"}, every="1d")
        site.route("/", LIST)
        source = sources(registry.config)["ort"]

        def due(moment: datetime) -> list[Source]:
            ledger = Ledger.open(registry.config.ledger, registry.config.base_url, clock=lambda: moment)
            try:
                return harvesting.due(ledger, [source])
            finally:
                ledger.close()

        assert due(NOW), "it never ran"
        registry.harvest("ort", at=NOW)
        assert not due(NOW + timedelta(hours=23))
        assert due(NOW + timedelta(hours=24))
        assert due(NOW - timedelta(days=400)), "a clock that was wrong must not silence a source for a year"
