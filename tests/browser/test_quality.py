"""What every page promises: usable by everyone (WCAG 2.2 AA), light, narrow, and nobody else is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import Visitor

PATHS = {
    "start": "/",
    "list": "/sites?region=14729",
    "empty": "/sites?q=Quarkfabrik&region=14713",
    "networks": "/networks",
    "coverage": "/coverage",
    "sources": "/sources",
    "source": "/sources/liste",
    "report": "/sources/liste/report",
    "joining": "/propose",
    "validate": "/validate",
    "regions": "/regions",
    "region": "/region/14729",
    "run": "/runs/1",
    "sparql": "/sparql",
    "vocabulary": "/ns",
    "nothing": "/site/nothing-here",
}
MODES: dict[str, dict[str, Any]] = {
    "desktop": {},
    "phone, dark": {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"},
}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
BROKEN = """() => [...document.querySelectorAll("th, td")].filter(cell => {
  const word = document.createRange(), text = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT)
  while (text.nextNode())
    for (const found of text.currentNode.data.matchAll(/[^\\s-]{2,20}/g)) {
      word.setStart(text.currentNode, found.index)
      word.setEnd(text.currentNode, found.index + found[0].length)
      if (new Set([...word.getClientRects()].map(box => Math.round(box.top))).size > 1) return true
    }
}).map(cell => cell.textContent.trim())"""
"""Cells of tables in which a short word is broken over lines, as happens when columns are squeezed."""
MOST = 100_000
"""Bytes that a page may weigh on the wire, with everything it needs but tiles."""


def address(someone: Visitor, name: str) -> str:
    """Of a page by its name; those of entities are found as a visitor finds them."""
    if name in PATHS:
        return PATHS[name]
    page = someone.go({"site": "/sites?q=R%C3%B6sterei", "network": "/networks", "service": "/services"}[name])
    return str(page.locator(".entries a").first.get_attribute("href"))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", [*PATHS, "site", "network", "service"])
def test_a_page_is_accessible_narrow_and_to_itself(
    visitor: Callable[..., Visitor], axe: str, name: str, mode: str
) -> None:
    someone = visitor(**MODES[mode])
    path = address(someone, name)
    page = someone.go(path)
    if page.locator("#map:not([hidden])").count() and name != "site":
        page.locator("#map[data-state=ready]").wait_for()
    someone.keep(f"{name}-{mode.partition(',')[0]}")
    page.evaluate(axe)
    found = page.evaluate(f"axe.run({{runOnly: {RULES}}})")
    faults = [
        f"{fault['id']}: {node['target']} {node['failureSummary']}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]
    assert faults == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]
    assert page.evaluate(BROKEN) == []
    assert someone.elsewhere == []
    assert [error for error in someone.errors if "404" not in error] == []


@pytest.mark.parametrize("name", ["start", "list", "site", "coverage", "sources", "region", "vocabulary"])
def test_a_page_weighs_less_than_100_kb(visitor: Callable[..., Visitor], name: str) -> None:
    someone = visitor()
    path = address(someone, name)
    session = someone.page.context.new_cdp_session(someone.page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    weights: list[float] = []
    session.on("Network.loadingFinished", lambda event: weights.append(event["encodedDataLength"]))
    someone.go(path)
    someone.page.wait_for_load_state("networkidle")
    assert 0 < sum(weights) < MOST


@pytest.mark.parametrize("name", ["start", "site"])
def test_the_first_paint_needs_nothing_but_html_and_styles(visitor: Callable[..., Visitor], name: str) -> None:
    someone = visitor()
    path = address(someone, name)
    someone.page.route("**/*.js", lambda route: route.abort())
    page = someone.go(path)
    assert page.get_by_role("heading", level=1).is_visible()
    assert page.locator("main a").first.is_visible()
