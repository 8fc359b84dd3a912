"""Stand-ins for the web: small real HTTP servers on 127.0.0.1 that tests script.

::

    with StandIn() as site:
        site.route("/places.json", {"places": []})
        site.route("/slow", hang())
        fetcher.get(site.url("/places.json"))
        assert site.asked("/places.json")[0].headers["user-agent"]
"""

from tests.standins.clock import NOON, StillClock, fetcher_for
from tests.standins.misbehaviour import (
    broken_off,
    drip,
    flood,
    gzip_bomb,
    gzipped,
    hang,
    hung_up,
    in_turn,
    redirect,
    too_many,
    truncated,
    versioned,
)
from tests.standins.server import Answer, Reply, Request, StandIn

__all__ = [
    "NOON",
    "Answer",
    "Reply",
    "Request",
    "StandIn",
    "StillClock",
    "broken_off",
    "drip",
    "fetcher_for",
    "flood",
    "gzip_bomb",
    "gzipped",
    "hang",
    "hung_up",
    "in_turn",
    "redirect",
    "too_many",
    "truncated",
    "versioned",
]
