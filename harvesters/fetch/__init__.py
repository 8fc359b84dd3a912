"""Fetch politely and safely: public http(s) only, robots.txt, limits on time, size and pace, conditional requests."""

from harvesters.fetch.errors import (
    BadContent,
    FetchError,
    Refused,
    RobotsForbidden,
    TimedOut,
    TooLarge,
    Unreachable,
)
from harvesters.fetch.fetcher import Fetcher, Traffic
from harvesters.fetch.guard import Guard
from harvesters.fetch.pace import Clock
from harvesters.fetch.response import BadStatus, Response
from harvesters.fetch.settings import FetchSettings

__all__ = [
    "BadContent",
    "BadStatus",
    "Clock",
    "FetchError",
    "FetchSettings",
    "Fetcher",
    "Guard",
    "Refused",
    "Response",
    "RobotsForbidden",
    "TimedOut",
    "TooLarge",
    "Traffic",
    "Unreachable",
]
