"""The chart of a load: what is drawn, and the picture of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from benchmarks.chart import HEIGHT, WIDTH, chart, picture


def test_the_picture_is_as_large_as_the_chart(tmp_path: Path) -> None:
    if shutil.which("chromium") is None:
        pytest.skip("no Chromium here")
    svg = tmp_path / "load.svg"
    svg.write_text(chart({"memory": [(0, 1), (1, 3)], "p99": [(0, 5), (1, 4)]}, "minutes"), encoding="utf-8")
    png = picture(svg)
    assert png is not None
    head = png.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")) == (WIDTH, 2 * HEIGHT + 30)
