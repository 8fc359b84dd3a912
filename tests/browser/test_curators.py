"""What a curator does with a browser and nothing but the keyboard: sign in, judge a pair, undo, release, decide."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from registry import search
from registry.joining import proposals
from registry.joining.proposals import Offer
from registry.tokens import create_for_curator
from tests.browser.conftest import Visitor
from tests.browser.test_quality import RULES
from tests.registry.identity.catalogue import Catalogue
from tests.registry.sourced import Sourced
from tests.serving import serving
from tests.standins import StandIn

ENTRIES = [{"id": str(number), "name": f"Haus {number}"} for number in range(10)]
PAIR = [
    ("a", "1", {"name": "Coworking am Markt", "locality": "Zeitz", "url": "https://space14.example/",
                "at": ("51.0471", "12.1369")}),
    ("b", "2", {"name": "Space 14", "locality": "Zeitz", "url": "https://space14.example/",
                "at": ("51.0473", "12.1372")}),
]  # fmt: skip
OFFER = {"url": "https://dorf.example/orte.csv", "kind": "csv", "title": "Dorforte", "publisher": "Dorf e. V.",
         "contact": "post@dorf.example", "options": {"key": "nr"}}  # fmt: skip
REPORT: dict[str, Any] = {"fits": False, "open": {"violation": 1, "warning": 0, "info": 0},
                          "checked": {"entries": 2, "records": 1}, "lines": []}  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A registry in which one of each waits for a curator: its address, and a token."""
    data: Path = tmp_path_factory.mktemp("desk")
    with StandIn() as site:
        registry = Sourced(data, site)
        registry.describe("liste", {"reader": "json", "url": site.url("/orte"), "key": "id"}, every="1w")
        for hours, entries in ((2, ENTRIES), (1, ENTRIES[:4])):
            site.route("/orte", entries)
            registry.harvest("liste", at=datetime.now(UTC) - timedelta(hours=hours))
    catalogue = Catalogue(data / "ledger.sqlite")
    catalogue.clock.now = datetime.now(UTC)
    catalogue.put(PAIR)
    search.follow(catalogue.ledger)
    proposals.propose(catalogue.ledger, registry.config, Offer.read(OFFER), REPORT)
    token = create_for_curator(catalogue.ledger, "Redaktion", timedelta(days=1))
    catalogue.ledger.close()
    with serving(data) as address:
        yield address, token


@pytest.fixture
def curator(visitor: Callable[..., Visitor], desk: tuple[str, str]) -> Callable[..., Visitor]:
    """Makes visitors who have signed in by typing."""

    def sign_in(**options: Any) -> Visitor:
        someone = visitor(**options)
        someone.base = desk[0]
        page = someone.go("/review")
        page.get_by_label("Schlüssel").press_sequentially(desk[1])
        page.keyboard.press("Enter")
        page.get_by_text("Angemeldet: Redaktion").wait_for()
        someone.errors.clear()  # the browser notes the 401 that asked for the token
        return someone

    return sign_in


def press(page: Page, name: str) -> None:
    """Reach a button by tabbing, then press it."""
    button = page.get_by_role("button", name=name)
    for _ in range(60):
        page.keyboard.press("Tab")
        if button.evaluate("one => one === document.activeElement"):
            page.keyboard.press("Enter")
            page.wait_for_load_state()
            return
    pytest.fail(f"the keyboard does not reach {name}")


@pytest.mark.parametrize("path", ["/review", "/review/runs", "/review/proposals"])
@pytest.mark.parametrize("width", [1280, 320])
def test_a_page_for_curators_is_accessible_and_narrow(
    curator: Callable[..., Visitor], axe: str, path: str, width: int
) -> None:
    someone = curator(viewport={"width": width, "height": 800})
    page = someone.go(path)
    someone.keep(f"curator-{path.rpartition('/')[2]}-{width}")
    page.evaluate(axe)
    found = page.evaluate(f"axe.run({{runOnly: {RULES}}})")
    assert [f"{fault['id']}: {node['target']}" for fault in found["violations"] for node in fault["nodes"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert someone.elsewhere == []
    assert someone.errors == []


def test_a_pair_is_judged_and_the_judgement_undone(curator: Callable[..., Visitor]) -> None:
    someone = curator()
    page = someone.page
    page.locator("#map.leaflet-container").wait_for()
    assert page.locator(".leaflet-tooltip").all_inner_texts() == ["A", "B"]
    assert "Space 14" in page.content()
    press(page, "Verschiedene Orte")
    page.get_by_text("Es ist keine Frage offen.").wait_for()
    press(page, "Zurücknehmen")
    page.get_by_role("button", name="Verschiedene Orte").wait_for()
    assert someone.elsewhere == []


def test_a_held_run_is_released_and_a_proposal_refused(curator: Callable[..., Visitor]) -> None:
    page = curator().go("/review/runs")
    press(page, "Freigeben")
    page.get_by_text("Freigegeben; die nächste Lesung übernimmt es.").wait_for()
    page.get_by_role("link", name="Vorgeschlagene Quellen (1)").press("Enter")
    page.get_by_label("Begründung").press_sequentially("Das sind Ferienwohnungen.")
    page.keyboard.press("Enter")
    page.get_by_text("Kein Vorschlag ist offen.").wait_for()
