"""Dates and moments."""

from __future__ import annotations

import datetime
import re
from typing import Final

from dateutil import parser as iso

from harvesters.clean.finding import Report, ignore, refuse, repair

FIRST_YEAR, LAST_YEAR = 900, 2100
MAX_LENGTH = 100

_MONTHS: Final = (
    "jan(?:uar|uary)?|jänner|jän",
    "feb(?:ruar|ruary)?",
    "mär(?:z)?|mar(?:ch)?|maerz|mrz",
    "apr(?:il)?",
    "mai|may",
    "jun[ie]?",
    "jul[iy]?",
    "aug(?:ust)?",
    "sep(?:t|tember)?",
    "o[kc]t(?:ober)?",
    "nov(?:ember)?",
    "de[zc](?:ember)?",
)
_MONTH = "|".join(f"(?P<m{number}>{words})" for number, words in enumerate(_MONTHS, 1))
_ISO = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?", re.ASCII)
_ISO_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?\s?(?:Z|[+-]\d{2}:?\d{2})?", re.ASCII
)
_GERMAN = re.compile(r"(?:(\d{1,2})\.\s?)?(\d{1,2})[./]\s?(\d{4}|\d{2})", re.ASCII)
_WORDS = re.compile(rf"(?:(?P<day>\d{{1,2}})\.?\s+)?(?:{_MONTH})\.?,?\s+(?P<year>\d{{4}})", re.ASCII | re.IGNORECASE)
_YEAR = re.compile(r"\d{4}", re.ASCII)
_SINCE = re.compile(
    r"(?:(?:eröffnet|gegründet|gegr\.|erbaut|in betrieb|opened|founded|established|since|seit|im jahre?|im|in"
    r"|am|jahr|year|anno)[\s:]+){1,3}",
    re.IGNORECASE,
)
_VAGUE = re.compile(
    r"(?:ca\.?|circa|etwa|um|ungefähr|gegen|about|around|~|frühjahr|frühling|sommer|herbst|winter|anfang|mitte|ende|spring|summer|autumn"
    r"|early|mid|late)\s*",
    re.IGNORECASE,
)
_UNIX = re.compile(r"\d{9,13}", re.ASCII)


def date(value: str, *, report: Report = ignore) -> str | None:
    """A date as exact as the source says it: `2019-05-03`, `2019-05` or `2019` (xsd:date, xsd:gYearMonth, xsd:gYear).

    Reads ISO dates, German ones and words ("3. Mai 2019", "seit Mai 2019"). Two-digit years and vague ones
    ("um 1900", "Frühjahr 2022") are taken with a finding. None for spans and for days that do not exist.
    """
    line = " ".join(value[: MAX_LENGTH + 1].split())
    if not line:
        return None
    if len(value) > MAX_LENGTH:
        return refuse(report, "date", value, "zu lang für ein Datum", "too long for a date")
    line = _SINCE.sub("", line, count=1) if _SINCE.match(line) else line
    vague = _VAGUE.match(line)
    if vague:
        line = line[vague.end() :]
    found = _read(line.strip(" ."))
    if found is None:
        return refuse(report, "date", value, "kein lesbares Datum", "not a readable date")
    exact, short_year = found
    if vague:
        return repair(
            report, "date", value, exact[:4], "ungefähre Angabe; nur das Jahr übernommen", "vague; only the year kept"
        )
    if short_year:
        return repair(report, "date", value, exact, "zweistellige Jahreszahl ergänzt", "two-digit year completed")
    return exact


def year(value: str, *, report: Report = ignore) -> str | None:
    """The year of a `date`, four digits (xsd:gYear)."""
    whole = date(value, report=report)
    return whole and whole[:4]


def moment(value: str, *, report: Report = ignore) -> str | None:
    """A moment in UTC, `2024-05-01T10:00:00Z` (xsd:dateTime), from ISO 8601 or Unix time in seconds or milliseconds.

    Without a time zone UTC is assumed, as WordPress means it in its `_gmt` fields. None for moments in the future:
    a clock that is wrong must not make a record the newest.
    """
    line = value.strip()
    if not line:
        return None
    when: datetime.datetime | None = None
    try:
        if _UNIX.fullmatch(line):
            when = datetime.datetime.fromtimestamp(int(line) / (1000 if len(line) > 11 else 1), datetime.UTC)
        elif len(line) <= MAX_LENGTH and (_ISO_MOMENT.fullmatch(line) or _ISO.fullmatch(line)):
            when = iso.isoparse(line.replace(" ", "T", 1).replace(" ", ""))
    except (ValueError, OverflowError, OSError):
        when = None
    if when is None or when.year < FIRST_YEAR:
        return refuse(report, "moment", value, "kein lesbarer Zeitpunkt", "not a readable moment")
    when = when.replace(tzinfo=datetime.UTC) if when.tzinfo is None else when.astimezone(datetime.UTC)
    if (when - datetime.datetime.now(datetime.UTC)).total_seconds() > 86_400:
        return refuse(report, "moment", value, "liegt in der Zukunft", "lies in the future")
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def _read(line: str) -> tuple[str, bool] | None:
    """The date in ISO form, and whether its century was guessed."""
    if match := _ISO.fullmatch(line):
        return _exact(match.group(1), match.group(2), match.group(3))
    if _ISO_MOMENT.fullmatch(line):
        return _read(line[:10])
    if match := _GERMAN.fullmatch(line):
        return _exact(match.group(3), match.group(2), match.group(1))
    if match := _WORDS.fullmatch(line):
        month = next(str(number) for number in range(1, 13) if match.group(f"m{number}"))
        return _exact(match.group("year"), month, match.group("day"))
    return _exact(line, None, None) if _YEAR.fullmatch(line) else None


def _exact(year: str, month: str | None, day: str | None) -> tuple[str, bool] | None:
    full = int(year)
    short = len(year) == 2
    if short:
        full += 2000 if full <= datetime.datetime.now(datetime.UTC).year % 100 + 1 else 1900
    if not FIRST_YEAR <= full <= LAST_YEAR:
        return None
    if month is None:
        return f"{full:04}", short
    try:
        known = datetime.date(full, int(month), int(day or 1))
    except ValueError:
        return None
    return (known.isoformat() if day else known.isoformat()[:7]), short
