"""Numbers on pages, as readers of each language write them."""

from __future__ import annotations

import pytest

from registry.web.numbers import written


@pytest.mark.parametrize(
    ("value", "tongue", "places", "text"),
    [
        (601866, "de", 0, "601.866"),
        (601866, "en", 0, "601,866"),
        ("103452", "de", 0, "103.452"),
        (1.25, "de", 1, "1,2"),
        (12345.67, "en", 1, "12,345.7"),
        (0, "de", 0, "0"),
        (None, "de", 0, ""),
        ("viele", "de", 0, "viele"),
    ],
)
def test_a_number_is_written_as_its_readers_do(value: float | str | None, tongue: str, places: int, text: str) -> None:
    assert written(value, tongue, places) == text
