"""Lines over time as SVG, by hand: a chart needs no library; as PNG by a browser, where there is one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT = 720, 110, 110
_COLOURS = ("#0b5", "#06c", "#c40", "#808")


def chart(series: Mapping[str, Sequence[tuple[float, float]]], unit: str) -> str:
    """One panel per series, each with its own scale from zero; x is shared and named by its unit."""
    end = max((x for points in series.values() for x, _ in points), default=1.0) or 1.0
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{len(series) * HEIGHT + 30}"'
        ' font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for number, (name, points) in enumerate(series.items()):
        top, most = number * HEIGHT + 15, max((y for _, y in points), default=1.0) or 1.0
        bottom = top + HEIGHT - 25
        line = " ".join(
            f"{LEFT + x / end * (WIDTH - LEFT - 15):.1f},{bottom - y / most * (HEIGHT - 35):.1f}" for x, y in points
        )
        parts += [
            f'<text x="5" y="{top + 12}">{escape(name.replace("_", " "))}</text>',
            f'<text x="5" y="{top + 30}" fill="#666">up to {most:,.0f}</text>',
            f'<line x1="{LEFT}" y1="{bottom}" x2="{WIDTH - 15}" y2="{bottom}" stroke="#999"/>',
            f'<polyline points="{line}" fill="none" stroke="{_COLOURS[number % 4]}" stroke-width="1.5"/>',
        ]
    parts.append(f'<text x="{LEFT}" y="{len(series) * HEIGHT + 22}">0 to {end:.0f} {escape(unit)}</text></svg>')
    return "\n".join(parts) + "\n"


def picture(svg: Path) -> Path | None:
    """The same beside it as PNG, drawn by Chromium (`CHROMIUM` names another program); None when there is none."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    size = re.search(r'width="(\d+)" height="(\d+)"', svg.read_text(encoding="utf-8"))
    if program is None or size is None:
        return None
    file = svg.with_suffix(".png")
    with tempfile.TemporaryDirectory() as profile:
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={profile}"]
        drawn = [f"--window-size={size[1]},{size[2]}", f"--screenshot={file}", svg.resolve().as_uri()]
        subprocess.run([program, *options, *drawn], check=True, capture_output=True, timeout=120)
    return file
