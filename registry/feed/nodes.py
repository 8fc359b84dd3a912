"""Root, index nodes and pages of a feed in the vocabularies TREE and LDES: everything but the members.

The root names index nodes by time, each of these names up to a hundred pages by time. Only the root, the last index
node and the last page ever change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pyoxigraph as ox

from registry.feed.book import FAN, Page, View
from registry.feed.feeds import Feed
from registry.feed.log import Member, Retention
from registry.ledger import Ledger
from registry.terms import AS, DCT, LDES, ORTE, PROV, RDF, TREE, TYPE, XSD


@dataclass(frozen=True)
class Node:
    """One document of a feed: its address, what it says about itself, and its members."""

    feed: Feed
    address: str
    stream: str
    about: Sequence[ox.Triple]
    members: Sequence[Member] = field(default=())
    immutable: bool = False


@dataclass(frozen=True)
class Promise:
    """What the root promises: seconds between two polls, and days that things are kept (0: for ever)."""

    poll_seconds: int = 60
    full_log_days: int = 0
    deletions_days: int = 0


def root(ledger: Ledger, feed: Feed, view: View, promise: Promise, address: str) -> Node:
    """The entry point: context of the stream, and the index nodes."""
    stream, node = ox.NamedNode(feed.stream(ledger.base)), ox.NamedNode(address)
    about = [
        ox.Triple(stream, TYPE, LDES["EventStream"]),
        *(ox.Triple(stream, DCT["title"], ox.Literal(text, language=lang)) for lang, text in feed.title.items()),
        ox.Triple(stream, LDES["timestampPath"], AS["published"]),
        ox.Triple(stream, LDES["versionOfPath"], AS["object"]),
        *_versions(stream),
        ox.Triple(stream, LDES["pollingInterval"], ox.Literal(promise.poll_seconds)),
        ox.Triple(stream, TREE["view"], node),
        *_promised(node, promise),
    ]
    if not feed.plain:
        about.append(ox.Triple(stream, LDES["sequencePath"], ORTE["sequence"]))
    if feed.transactions:
        about += [
            ox.Triple(stream, LDES["transactionPath"], PROV["wasGeneratedBy"]),
            ox.Triple(stream, LDES["transactionFinalizedPath"], ORTE["endsRun"]),
            ox.Triple(stream, LDES["transactionFinalizedObject"], ox.Literal(True)),
        ]
    about += _state(ledger, feed, node, view.last, view.count)
    for group in view.groups():
        open_ = group.number == len(view.groups()) - 1
        about += _relations(node, f"{feed.address(ledger.base)}/index/{group.number}", group, open_)
    return Node(feed, address, stream.value, about)


def index(ledger: Ledger, feed: Feed, view: View, number: int, address: str) -> Node | None:
    """An index node; None when there is none with this number."""
    pages = view.below(number) if number >= 0 else ()
    if not pages:
        return None
    node = ox.NamedNode(address)
    immutable = len(pages) == FAN and pages[-1].full
    about = [ox.Triple(node, TYPE, TREE["Node"]), *_immutable(node, immutable)]
    about += _state(ledger, feed, node, pages[-1].last, 0)
    for page in pages:
        about += _relations(node, f"{feed.address(ledger.base)}/page/{page.number}", page, not page.full)
    return Node(feed, address, feed.stream(ledger.base), about, (), immutable)


def page(
    ledger: Ledger, feed: Feed, view: View, number: int, address: str, retention: Retention | None = None
) -> Node | None:
    """A page with its members; None when there is none with this number. `retention` is given for old pages."""
    if not 0 <= number < len(view.pages):
        return None
    found = view.pages[number]
    members = feed.log.members(ledger, found.first, found.last, retention)
    node, stream = ox.NamedNode(address), ox.NamedNode(feed.stream(ledger.base))
    about = [
        ox.Triple(stream, TYPE, LDES["EventStream"]),
        ox.Triple(node, TYPE, TREE["Node"]),
        *_immutable(node, found.full),
        *_state(ledger, feed, node, found.last, len(members)),
    ]
    return Node(feed, address, stream.value, about, members, found.full)


def _versions(stream: ox.NamedNode) -> Iterator[ox.Triple]:
    for kind in ("Create", "Update", "Delete"):
        yield ox.Triple(stream, LDES[f"version{kind}Path"], RDF["type"])
        yield ox.Triple(stream, LDES[f"version{kind}Object"], AS[kind])


def _promised(node: ox.NamedNode, promise: Promise) -> Iterator[ox.Triple]:
    yield ox.Triple(node, TYPE, TREE["Node"])
    if promise.full_log_days:
        policy = ox.NamedNode(f"{node.value}#retention")
        yield ox.Triple(node, LDES["retentionPolicy"], policy)
        yield ox.Triple(policy, TYPE, LDES["RetentionPolicy"])
        yield ox.Triple(policy, LDES["fullLogDuration"], _days(promise.full_log_days))
        yield ox.Triple(policy, LDES["versionAmount"], ox.Literal(1))
        if promise.deletions_days:
            yield ox.Triple(policy, LDES["versionDeleteDuration"], _days(promise.deletions_days))


def _state(ledger: Ledger, feed: Feed, node: ox.NamedNode, sequence: int, members: int) -> Iterator[ox.Triple]:
    """Members of this page (of the whole feed for the root), and the state after the last activity."""
    yield ox.Triple(node, ORTE["memberCount"], ox.Literal(members))
    if sequence:
        state = feed.log.state(ledger, sequence)
        yield ox.Triple(node, ORTE["sequence"], ox.Literal(sequence))
        yield ox.Triple(node, ORTE["liveCount"], ox.Literal(state.live))
        yield ox.Triple(node, ORTE["digest"], ox.Literal(state.digest.hex()))


def _relations(node: ox.NamedNode, target: str, page: Page, open_: bool) -> Iterator[ox.Triple]:
    """Two relations to one node: not before, and (unless it still grows) not after."""
    bounds = [("GreaterThanOrEqualToRelation", page.earliest, "from")]
    if not open_:
        bounds.append(("LessThanOrEqualToRelation", page.latest, "to"))
    for kind, time, name in bounds:
        relation = ox.BlankNode(f"{name}{page.number}")
        yield ox.Triple(node, TREE["relation"], relation)
        yield ox.Triple(relation, TYPE, TREE[kind])
        yield ox.Triple(relation, TREE["path"], AS["published"])
        yield ox.Triple(relation, TREE["value"], ox.Literal(time, datatype=XSD["dateTime"]))
        yield ox.Triple(relation, TREE["node"], ox.NamedNode(target))


def _immutable(node: ox.NamedNode, immutable: bool) -> Iterator[ox.Triple]:
    if immutable:
        yield ox.Triple(node, LDES["immutable"], ox.Literal(True))


def _days(days: int) -> ox.Literal:
    return ox.Literal(f"P{days}D", datatype=XSD["dayTimeDuration"])
