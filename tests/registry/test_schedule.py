"""What the server does beside serving, and how much of the time that may take."""

from __future__ import annotations

import threading
from pathlib import Path

from registry.schedule import Round, Schedule


def test_a_round_with_a_small_share_of_the_time_rests_after_it(tmp_path: Path) -> None:
    asked = {"dear": 0, "cheap": 0}
    often = threading.Event()

    def needed(name: str) -> bool:
        asked[name] += 1
        if asked["cheap"] == 3:
            often.set()
        return not often.is_set()

    dear = Round(("init",), lambda: needed("dear"), share=1e-6)
    cheap = Round(("sources",), lambda: needed("cheap"))
    with Schedule(tmp_path, (dear, cheap), delay=0, tick=0):
        assert often.wait(120)
    assert asked["dear"] == 1, "it has had its share for days, whatever else is run meanwhile"
