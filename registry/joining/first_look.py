"""A first look at a source that somebody proposes: some of it is read, lifted and checked, and nothing is stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from harvesters.fetch import Fetcher, FetchError
from harvesters.ldes import FeedFailed
from harvesters.source import Source
from harvesters.source import load as load_source
from registry.check import LateChecker
from registry.config import Config
from registry.federation.peers import sample
from registry.harvesting import fetch_settings
from registry.joining import new_source
from registry.joining.new_source import PEER
from registry.joining.proposals import Offer
from registry.joining.trial import PAGES, TrialError, try_source
from registry.ledger import Finding
from registry.report import Line, Report, of_lines
from registry.terms import FINDING

ENTRIES = 50
"""Entries that are looked at; of a web site, where each is a page to fetch with a pause before it, fewer."""
ENTRIES_OF_PAGES = 8

_RESERVE = 0.8  # of the time is for fetching, the rest for checking


def look(config: Config, offer: Offer, seconds: float) -> Report:
    """The report on its first entries, lifted as far as the lift that a new source begins with understands them.

    Raises:
        TrialError: when it cannot be fetched, or is not of the kind that it is said to be.
    """
    limit = timedelta(seconds=seconds * _RESERVE)
    if offer.kind == PEER:
        return _peer(config, offer, limit)
    with TemporaryDirectory() as folder:
        name = "proposed"
        new_source.write(Path(folder) / name, offer.answers(name))
        return _source(config, replace(load_source(Path(folder) / name), time_limit=limit), offer)


def _source(config: Config, source: Source, offer: Offer) -> Report:
    trial = try_source(config, source, None, ENTRIES_OF_PAGES if source.reader in PAGES else ENTRIES)
    if not trial.entries:
        raise TrialError(f"{offer.url} cannot be read as {offer.kind}: {trial.ended.reason or 'it has no entries'}")
    lines = list(trial.report.lines)
    if not trial.records:
        lines.insert(0, Line(_unfitted()))
    if trial.unread:
        lines.append(Line(_unread(trial.unread)))
    return of_lines(offer.url, lines, **trial.report.checked)


def _peer(config: Config, offer: Offer, limit: timedelta) -> Report:
    settings = replace(fetch_settings(config, limit), delay=0.0, max_retries=0)
    try:
        with Fetcher(settings) as fetch:
            records, problems = sample(fetch, offer.url, ENTRIES)
    except (FetchError, FeedFailed) as error:
        raise TrialError(f"{offer.url} cannot be followed: {error}") from None
    if not records and not problems:
        raise TrialError(f"{offer.url} has no records of its own yet; propose it again when it has")
    found = LateChecker().check(records)
    lines = [Line(one) for one in problems]
    lines += [Line(one, record.raw_key, record.page) for record in records for one in found[record.iri]]
    return of_lines(offer.url, lines, entries=len(records) + len(problems), records=len(records))


def _unfitted() -> Finding:
    return Finding(
        "violation", f"{FINDING}lift",
        "Kein Eintrag ließ sich ohne Weiteres übersetzen: Die Übersetzung muss noch auf diese Daten passen.",
        "No entry could be translated as it is: the lift has yet to be fitted to these data.",
    )  # fmt: skip


def _unread(keys: Iterable[str]) -> Finding:
    names = ", ".join(sorted(keys)[:40])
    return Finding(
        "info", f"{FINDING}unread",
        f"Diese Angaben wurden noch nicht gelesen: {names}", f"These were not read yet: {names}",
    )  # fmt: skip
