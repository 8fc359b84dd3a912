"""Harvest one source: read it, skip what is as it was, lift the rest in batches."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Literal

import orjson

from harvesters.fetch import FetchError
from harvesters.lift import Lifted, Lifts
from harvesters.readers.recording import Template
from harvesters.reading import Context, Partial, RawRecord, Reader, SourceFailed, Unreadable, Withdrawn
from harvesters.source import Source

MAX_KEY = 512
"""Characters of a record's key; longer ones are refused as unreadable."""

LONGEST_BATCH = 15.0
"""Seconds of reading after which a batch is handed on though it is not full: slow sources lose no more when killed."""


@dataclass(frozen=True)
class Fresh:
    """A raw record that is new or differs from what is known, lifted; `digest` is what to know it by."""

    lifted: Lifted
    digest: bytes
    unread: frozenset[str]


@dataclass(frozen=True)
class Batch:
    """What a stretch of the reading brought. `confirmed` counts raw records that are as they were.

    `read_seconds` is the time it took to read it, `lift_seconds` the time to lift what is fresh.
    """

    fresh: tuple[Fresh, ...] = ()
    withdrawn: tuple[str, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    confirmed: int = 0
    read_seconds: float = 0.0
    lift_seconds: float = 0.0


@dataclass(frozen=True)
class Ended:
    """The end of a reading. Only `complete` lets the absence of a key from `seen` mean that it is gone."""

    outcome: Literal["complete", "partial", "failed"]
    reason: str | None
    seen: frozenset[str]


@dataclass
class _Pending:
    raws: list[tuple[RawRecord, bytes]] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    confirmed: int = 0
    begun: float = field(default_factory=perf_counter)


def harvest(
    source: Source,
    read: Reader,
    lift: Lifts,
    context: Context,
    known: Mapping[str, bytes],
    *,
    fingerprint: str = "",
    batch_size: int = 200,
) -> Iterator[Batch | Ended]:
    """Yield batches as they come, then one `Ended`. Never raises for anything the source does.

    Args:
        known: digest of each raw record by key, as of last time.
        fingerprint: whatever else a result depends on (ontology, shapes); with the lift's own it is part of each
            raw digest, so that a changed rule makes every record fresh again.
        batch_size: fresh raw records per batch.
    """
    salt = f"{lift.fingerprint}{fingerprint}{source.licence}".encode()
    seen: set[str] = set()
    taken = frozenset(taken_by_reader(source.read))
    pending = _Pending()
    partial: str | None = None
    limit = source.time_limit.total_seconds()
    end = perf_counter() + limit
    try:
        for item in read(source.read, context):
            if perf_counter() > end:
                raise SourceFailed(f"source '{source.id}' took longer than its time limit of {limit:,.0f} s")
            match item:
                case RawRecord():
                    _take(item, seen, known, salt, pending)
                case Withdrawn(key):
                    pending.withdrawn.append(key)
                case Unreadable():
                    pending.unreadable.append(item)
                    if item.key is not None:
                        seen.add(item.key)  # it is there, only broken: its last good state stays
                case Partial(reason):
                    partial = reason
            bad = len(pending.withdrawn) + len(pending.unreadable)
            slow = pending.raws and perf_counter() - pending.begun >= LONGEST_BATCH
            if len(pending.raws) >= batch_size or bad >= batch_size or slow:
                yield _flush(pending, lift, taken)
                pending = _Pending()
        yield _flush(pending, lift, taken)
        yield Ended("partial" if partial else "complete", partial, frozenset(seen))
    except (SourceFailed, FetchError) as error:
        yield _flush(pending, lift, taken)
        yield Ended("failed", str(error), frozenset(seen))
    except RecursionError:
        yield _flush(pending, lift, taken)
        yield Ended("failed", "the answer is nested too deeply to be real data", frozenset(seen))
    except Exception as error:  # a fault of a reader must stay with its source: the others go on
        yield Batch((), tuple(pending.withdrawn), tuple(pending.unreadable), pending.confirmed)
        reason = f"the reader '{source.reader}' came upon something it does not know: {type(error).__name__}: {error}"
        yield Ended("failed", _encodable(" ".join(reason.split())[:500]), frozenset(seen))


def taken_by_reader(options: Mapping[str, Any]) -> Iterator[str]:
    """The keys that a reader takes, by its options, as key, page, date or licence: read, if not by the lift."""
    for name, option in options.items():
        if isinstance(option, Mapping):
            yield from taken_by_reader(option)
        elif name in ("key", "page", "modified", "licence") and isinstance(option, str):
            for place in Template(option).places:
                yield from (place, place.rpartition(".")[2])


def _take(raw: RawRecord, seen: set[str], known: Mapping[str, bytes], salt: bytes, pending: _Pending) -> None:
    if not raw.key or len(raw.key) > MAX_KEY:
        german = f"ein Schlüssel hat 1 bis {MAX_KEY} Zeichen"
        english = f"a key must have 1 to {MAX_KEY} characters"
        pending.unreadable.append(Unreadable(None, english, raw.key[:80], german))
        return
    if raw.key in seen:
        german = "dieser Schlüssel kommt zweimal vor; der erste Eintrag zählt"
        english = "this key comes twice in one reading; the first one counts"
        pending.unreadable.append(Unreadable(raw.key, english, raw.key[:80], german))
        return
    if not raw.key.isprintable() and raw.key != _encodable(raw.key):
        german = "ein Schlüssel muss gültiges Unicode sein"
        pending.unreadable.append(Unreadable(None, "a key must be valid Unicode", _encodable(raw.key[:80]), german))
        return
    seen.add(raw.key)
    try:
        content = orjson.dumps([raw.data, raw.page, raw.modified, raw.licence], option=orjson.OPT_SORT_KEYS)
    except (TypeError, ValueError) as error:
        pending.unreadable.append(
            Unreadable(raw.key, f"not plain data: {error}", raw.key[:80], f"keine einfachen Daten: {error}")
        )
        return
    digest = hashlib.sha256(salt + content).digest()
    if known.get(raw.key) == digest:
        pending.confirmed += 1
    else:
        pending.raws.append((raw, digest))


def _encodable(text: str) -> str:
    """The text with half characters (a surrogate without its other half, as cut emojis leave) replaced by "?"."""
    return text.encode("utf-8", "replace").decode()


def _flush(pending: _Pending, lift: Lifts, taken: frozenset[str]) -> Batch:
    digests = {raw.key: digest for raw, digest in pending.raws}
    began = perf_counter()
    lifted = lift.lift([raw for raw, _ in pending.raws]) if pending.raws else []
    return Batch(
        tuple(Fresh(one, digests[one.raw.key], frozenset(lift.unread(one.raw.data)) - taken) for one in lifted),
        tuple(pending.withdrawn),
        tuple(pending.unreadable),
        pending.confirmed,
        began - pending.begun,
        perf_counter() - began,
    )
