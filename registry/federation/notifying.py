"""Tell peers that our records have changed (W3C Linked Data Notifications), so that they need not wait to look.

A notification only says where to look: whoever misses it loses time, not records. So it is sent after a run has ended,
to each peer by itself, and again later where it could not be delivered.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin, urlsplit

from requests.utils import parse_header_links

from harvesters.fetch import Fetcher, FetchError, FetchSettings
from registry.config import Config
from registry.feed import Horizon
from registry.ledger import Ledger

INBOX = "http://www.w3.org/ns/ldp#inbox"
MEDIA_TYPE = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'

SECONDS = 15.0
"""For one peer, finding its inbox included."""
AGAIN = timedelta(seconds=5)
"""Between two notifications of one peer, whatever happens here."""
FIRST, LAST = timedelta(seconds=15), timedelta(hours=6)
"""Wait after the first failure, doubled with every further one, and the longest wait."""


@dataclass(frozen=True)
class Told:
    """What came of telling one peer: the configured address, and the problem, if there was one."""

    inbox: str
    problem: str | None


def waiting(config: Config) -> bool:
    """Whether somebody is to be told now. Cheap: asked every few seconds."""
    ledger = Ledger.reader(config.ledger)
    try:
        return bool(_due(ledger, config, datetime.now(UTC))[1])
    finally:
        ledger.close()


def notify(ledger: Ledger, config: Config, now: datetime | None = None) -> list[Told]:
    """Tell every peer that does not know the latest yet and whose time has come; each once."""
    moment = now or datetime.now(UTC)
    sequence, inboxes = _due(ledger, config, moment)
    told = []
    for inbox in inboxes:
        problem = _tell(ledger.base, config, inbox, sequence)
        _remember(ledger, inbox, None if problem else sequence, problem, moment)
        told.append(Told(inbox, problem))
    return told


def _due(ledger: Ledger, config: Config, now: datetime) -> tuple[int, Sequence[str]]:
    """The last record activity that readers can see, and who does not know it yet."""
    horizon = Horizon(config.data / "locks")
    visible = horizon.sequence(ledger, horizon.dead(ledger))
    (sequence,) = ledger.db.execute(
        "SELECT coalesce(max(sequence), 0) FROM activity WHERE stream = 'record' AND sequence <= ?", (visible,)
    ).fetchone()
    known = {
        inbox: (last, after) for inbox, last, after in ledger.db.execute("SELECT inbox, sequence, next FROM notified")
    }
    text = _text(now)
    return sequence, [
        inbox for inbox in dict.fromkeys(config.feed.notify)
        if (known.get(inbox, (0, "")))[0] < sequence and known.get(inbox, (0, ""))[1] <= text
    ]  # fmt: skip


def _tell(base: str, config: Config, address: str, sequence: int) -> str | None:
    """Send one notification; the problem, if there is one."""
    settings = FetchSettings(
        contact=config.contact or base, allow_private_hosts=config.fetch.allow_private_hosts,
        proxy=config.fetch.proxy or None, read_timeout=min(config.fetch.timeout, SECONDS), request_deadline=SECONDS,
        run_deadline=SECONDS, max_bytes=1_000_000, max_retries=0, delay=0.0,
    )  # fmt: skip
    try:
        with Fetcher(settings) as fetch:
            inbox = _inbox(fetch, address)
            if inbox is None:
                return f"{address} names no inbox (a Link with rel={INBOX})"
            # an inbox is there for programs to write to: robots.txt is not about it
            fetch.post(inbox, data=_message(base, sequence), headers={"Content-Type": MEDIA_TYPE}, robots=False)
    except FetchError as error:
        return str(error)
    return None


def _inbox(fetch: Fetcher, address: str) -> str | None:
    """The inbox itself, or the one that an address advertises in its head."""
    if urlsplit(address).path.endswith("/inbox"):
        return address
    answer = fetch.get(address, robots=False)
    for link in parse_header_links(answer.headers.get("link", "")):
        if INBOX in str(link.get("rel", "")).split():
            return urljoin(answer.url, str(link["url"]))
    return None


def _message(base: str, sequence: int) -> str:
    return json.dumps(
        {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{base}/feed/records#announced-{sequence}",
            "type": "Announce",
            "actor": {"id": base, "type": "Service"},
            "object": f"{base}/feed/records",
            "updated": _text(datetime.now(UTC)),
        }
    )


def _remember(ledger: Ledger, inbox: str, sequence: int | None, problem: str | None, now: datetime) -> None:
    with ledger.transaction():
        row = ledger.db.execute("SELECT sequence, failures FROM notified WHERE inbox = ?", (inbox,)).fetchone()
        known, failures = row or (0, 0)
        failures = failures + 1 if problem else 0
        wait = min(LAST, FIRST * 2 ** min(failures - 1, 20)) if problem else AGAIN
        ledger.db.execute(
            "INSERT OR REPLACE INTO notified VALUES (?, ?, ?, ?, ?)",
            (inbox, known if sequence is None else sequence, failures, _text(now + wait), problem),
        )


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
