"""Joining: somebody proposes a source, a curator accepts or refuses it; nothing is harvested before that."""

from __future__ import annotations

import re
import shutil
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harvesters.source import Source
from harvesters.source import load as load_source
from harvesters.web_address import is_web_address
from registry.config import Config
from registry.joining import new_source
from registry.joining.new_source import PEER
from registry.ledger import Ledger, proposals
from registry.ledger.proposals import Proposal, State
from registry.report import Report
from registry.sources import sources

KINDS = (PEER, "wordpress", "json", "csv", "geojson", "sitemap-html", "rdf", "dcat")
"""What can be proposed: a registry like this one, or what a reader reads from one address."""

OPTIONS = ("key", "records", "type", "pages")
"""Options of readers that a proposal may name; whatever else a source needs, the curator sets."""

PER_HOST = 5
"""Open proposals of addresses of one host."""

LINES = 50
"""Lines of its report that a proposal keeps; it counts all of them."""

_LIMITS = {"url": 2000, "title": 200, "title_en": 200, "publisher": 200, "homepage": 2000, "licence": 300,
           "contact": 200, "note": 2000}  # fmt: skip
_NEEDED = ("url", "kind", "title", "publisher", "contact")
_OPTION = 300


class NotProposed(Exception):
    """Why a proposal is not taken: one sentence for the person who makes it."""


class AlreadyKnown(NotProposed):
    """It is a source, or an open proposal, already."""


class TooManyProposals(NotProposed):
    """As many proposals as a curator can be asked to look at are open."""


class NotDecided(Exception):
    """Why a proposal cannot be accepted or refused: one sentence for the curator."""


@dataclass(frozen=True)
class Offer:
    """What somebody proposes: an address and its kind, under which licence (an IRI; None: none stated), from whom.

    `contact` is a mailbox or address for the curator; it is never published.
    """

    url: str
    kind: str
    title: str
    publisher: str
    contact: str
    title_en: str = ""
    homepage: str = ""
    licence: str | None = None
    note: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Offer:
        """From what a request says. Raises NotProposed with everything that is wrong with it."""
        said = {name: value for name, value in said.items() if value is not None}
        options = said.get("options", {})
        wrong = [f"'{name}' is no field; there are: {', '.join((*_LIMITS, 'kind', 'options'))}"
                 for name in sorted(said.keys() - {*_LIMITS, "kind", "options"})[:3]]  # fmt: skip
        texts = {name: value.strip() for name, value in said.items() if isinstance(value, str)}
        wrong += [f"'{name}' must be a text" for name in said.keys() & {*_LIMITS, "kind"} if name not in texts]
        wrong += [f"'{name}' is missing" for name in _NEEDED if not texts.get(name) and not said.get(name)]
        wrong += [f"'{name}' is longer than {most} characters" for name, most in _LIMITS.items()
                  if len(texts.get(name, "")) > most]  # fmt: skip
        wrong += [f"'{name}' holds control characters" for name in texts if not _printable(texts[name], name)]
        for name in ("url", "homepage", "licence"):
            if texts.get(name) and not is_web_address(texts[name]):
                wrong.append(f"'{name}' must be an http(s) address without user name")
        if texts.get("kind") and texts["kind"] not in KINDS:
            wrong.append(f"'kind' must be one of: {', '.join(KINDS)}")
        if texts.get("contact") and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+|https?://\S+", texts["contact"]):
            wrong.append("'contact' must be a mailbox or an address")
        if not isinstance(options, dict) or not all(
            name in OPTIONS and isinstance(value, str) and len(value) <= _OPTION and _printable(value)
            for name, value in options.items()
        ):
            wrong.append(f"'options' must be texts by these names: {', '.join(OPTIONS)}")
        if wrong:
            raise NotProposed(f"{'; '.join(wrong)}.")
        url = _feed(texts["url"]) if texts["kind"] == PEER else texts["url"]
        given = {name: value.strip() for name, value in options.items() if value.strip()}
        return cls(
            url, texts["kind"], texts["title"], texts["publisher"], texts["contact"], texts.get("title_en", ""),
            texts.get("homepage", ""), texts.get("licence") or None, texts.get("note", ""),
            {} if texts["kind"] == PEER else given,
        )  # fmt: skip

    def answers(self, name: str, *, enabled: bool = False, remarks: tuple[str, ...] = ()) -> new_source.Answers:
        """What `orte sources new` would have been told."""
        homepage = self.homepage or "{0.scheme}://{0.netloc}/".format(urlsplit(self.url))
        return new_source.Answers(
            name, self.title, self.title_en or self.title, self.publisher, homepage, self.kind, self.url, self.licence,
            self.options, remarks, enabled,
        )  # fmt: skip


def check(ledger: Ledger, config: Config, offer: Offer) -> None:
    """See whether it is new and there is room for it.

    Raises:
        AlreadyKnown: naming the source or proposal that it is already.
        TooManyProposals: when as many as the settings allow are open.
    """
    _see_that_new(config, offer)
    wanted = place(offer.url)
    open_ = proposals.open_places(ledger.db)
    if wanted in open_:
        raise AlreadyKnown(f"This is proposed already, as number {open_[wanted]}; a curator will look at it.")
    host = wanted.partition("/")[0]
    if sum(one.partition("/")[0] == host for one in open_) >= PER_HOST:
        raise TooManyProposals(f"{PER_HOST} proposals of {host} are open; wait until a curator has looked at them.")
    if len(open_) >= config.limits.proposals_open:
        raise TooManyProposals("No more proposals are taken until a curator has looked at those that are open.")


def propose(ledger: Ledger, config: Config, offer: Offer, report: Mapping[str, Any]) -> Proposal:
    """Write a proposal down, with what was found when it was tried (see `summary`). Raises as `check`."""
    with ledger.transaction():
        check(ledger, config, offer)
        number = proposals.add(ledger.db, place(offer.url), asdict(offer), report, ledger.now())
    made = proposals.get(ledger.db, number)
    assert made is not None
    return made


def summary(report: Report) -> dict[str, Any]:
    """Of a report, what a curator needs to decide."""
    lines = [
        {"severity": one.finding.severity, "de": one.finding.message_de, "en": one.finding.message_en,
         "value": (one.finding.value or "")[:200], "key": one.key, "page": one.page}
        for one in report.lines[:LINES]
    ]  # fmt: skip
    return {"fits": report.fits, "open": dict(report.open), "checked": dict(report.checked), "lines": lines}


def listing(ledger: Ledger, state: State | None = "open") -> list[Proposal]:
    """The proposals in one state, or all; the earliest first."""
    return proposals.every(ledger.db, state)


def get(ledger: Ledger, number: int) -> Proposal:
    """One proposal. Raises NotDecided when there is none with this number."""
    found = proposals.get(ledger.db, number)
    if found is None:
        raise NotDecided(f"there is no proposal {number}; see: orte sources proposed --all")
    return found


def accept(
    ledger: Ledger, config: Config, number: int, *, name: str | None = None, enabled: bool | None = None
) -> tuple[Source, Path]:
    """Make a source of a proposal: write its folder, as `orte sources new` does. Returns it and its folder.

    `name` is the id; without one it is made from the title. Unless told otherwise a registry is enabled at once, for
    its records are taken over as they are; everything else waits until its lift fits and somebody has tried it.

    Raises:
        NotDecided: when it is decided already, or the id cannot be used.
    """
    from harvesters.clean.text import slug  # brings all that cleans with it, which those who propose need not wait for

    with ledger.transaction():
        found = _open(ledger, number)
        offer = Offer(**found.offer)
        known = sources(config)
        try:
            _see_that_new(config, offer)
        except AlreadyKnown as error:
            raise NotDecided(f"{error} Refuse the proposal.") from None
        name = name or _free((slug(offer.title) or "")[:40].strip("-"), known.keys())
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,62}", name):
            raise NotDecided(f"'{name}' cannot be an id: use small letters, digits and hyphens")
        folder = config.data / config.sources_folder / name
        if name in known or folder.exists():
            raise NotDecided(f"there is a source '{name}' already; choose another id with --id")
        remarks: tuple[str, ...] = (f"Proposal {number} of {found.made[:10]}; contact: {offer.contact}",)
        remarks += tuple(f"  {line}" for line in offer.note.splitlines() if line.strip())
        on = offer.kind == PEER if enabled is None else enabled
        try:
            new_source.write(folder, offer.answers(name, enabled=on, remarks=remarks))
            source = load_source(folder)
            proposals.accept(ledger.db, number, name, ledger.now())
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    return source, folder


def refuse(ledger: Ledger, number: int, why: str) -> Proposal:
    """Refuse a proposal with a reason that who proposed it may read. Raises NotDecided when it is decided already."""
    if not why.strip():
        raise NotDecided("say why it is refused: who proposed it reads that")
    with ledger.transaction():
        _open(ledger, number)
        proposals.refuse(ledger.db, number, why.strip()[:2000], ledger.now())
    return get(ledger, number)


def place(url: str) -> str:
    """An address so that two that lead to the same place are the same: no scheme, no default port, no `www.`."""
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").removeprefix("www.")
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{host}{port}{parts.path.rstrip('/')}{query}"


def _see_that_new(config: Config, offer: Offer) -> None:
    """Raises AlreadyKnown when it is a source already, or this registry itself."""
    wanted, own = place(offer.url), place(config.base_url)
    if wanted == own or wanted.startswith(f"{own}/"):
        raise AlreadyKnown("This is an address of this registry itself.")
    for source in sources(config).values():
        if wanted in set(_places(source, offer.kind)):
            raise AlreadyKnown(f"This is the source '{source.id}' already: {config.base_url}/sources/{source.id}")


def _open(ledger: Ledger, number: int) -> Proposal:
    found = get(ledger, number)
    if found.state != "open":
        what = f"accepted, as source '{found.source}'" if found.state == "accepted" else f"refused: {found.why}"
        raise NotDecided(f"proposal {number} was {what}")
    return found


def _places(source: Source, kind: str) -> Iterator[str]:
    """The addresses that a source is read from; of a registry all of it, whichever feed is followed."""

    def within(value: Any) -> Iterator[str]:
        if isinstance(value, str) and value.startswith(("http://", "https://")):
            yield place(value)
        elif isinstance(value, Mapping):
            for one in value.values():
                yield from within(one)
        elif isinstance(value, list):
            for one in value:
                yield from within(one)

    for one in within(source.read):
        yield one
        if kind == PEER and "/feed/" in one:
            yield f"{one.partition('/feed/')[0]}/feed/records"


def _feed(url: str) -> str:
    """The feed of a registry's records, from its address or that of any of its feeds."""
    return f"{url.partition('/feed/')[0].rstrip('/')}/feed/records"


def _printable(text: str, name: str = "") -> bool:
    several = ("\n", "\r", "\t") if name == "note" else ()
    return all(unicodedata.category(char) not in ("Cc", "Cs") or char in several for char in text)


def _free(name: str, taken: Collection[str]) -> str:
    name = name if len(name) > 1 else "liste"
    numbers = (f"{name}-{n}" for n in range(2, 1000))
    return name if name not in taken else next(one for one in numbers if one not in taken)
