"""Read records from an event stream (LDES): the whole history once, then only what is new, deletions included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyoxigraph as ox

from harvesters.ldes import Client, FeedFailed, Member, State
from harvesters.readers.options import Options
from harvesters.readers.recording import Recording
from harvesters.readers.resources import Resources, TooTangled
from harvesters.reading import Context, Item, Partial, SourceFailed, Unreadable, Withdrawn

_GRAPH = ox.DefaultGraph()


def read(options: Mapping[str, Any], context: Context) -> Iterator[Item]:
    """One raw record per thing that the stream speaks of: its latest version, as the tree that `Resources.tree` makes.

    The stream is read from its beginning, with conditional requests; what it keeps of each thing (its retention) is
    what there is. So a complete reading is complete, and what a stream lets go of is gone here, too.

    Options:
        url: the root of the stream (`tree:view`).
        embed: IRIs of properties whose objects belong into the record though they have IRIs of their own.
        key_prefix: what is cut off the IRI of the thing to make the key.
        peer: true for a registry like this one, whose records are taken over as they are (`registry.federation`).
        key, page, modified, licence, leave_out: see `Recording`; places are IRIs of properties.
    """
    settings = Options("feed", options)
    url = settings.needed("url", "the address of the stream's root")
    recording = Recording.of(settings, key="@id", page="@page", modified="@modified", licence="@licence")
    prefix = settings.text("key_prefix", "") or ""
    embed = frozenset(settings.texts("embed"))
    if settings.flag("peer", False):
        raise SourceFailed("a peer's feed is no source for a lift; its records are followed as they are")
    settings.done()
    latest: dict[str, Member] = {}
    client = Client(context.fetch, State(), context.notes)
    try:
        for batch in client.members(url):
            latest.update((member.object, member) for member in batch)
    except FeedFailed as error:
        raise SourceFailed(str(error)) from None
    if not latest:
        yield Partial(f"{url} has no members")
    for object_, member in latest.items():
        if member.kind == "delete":
            yield Withdrawn(object_.removeprefix(prefix))
        else:
            yield _record(object_, member, recording, prefix, embed, url)


def _record(object_: str, member: Member, recording: Recording, prefix: str, embed: frozenset[str], url: str) -> Item:
    resources = Resources(embed=embed)
    resources.add((ox.Quad(t.subject, t.predicate, t.object, _GRAPH) for t in member.payload), document=0)
    # a version that has an IRI of its own speaks under that, not under the thing's
    node = object_ if resources.types(object_) else member.iri
    facts = resources.facts(node)
    facts |= {
        "@id": object_.removeprefix(prefix),
        "@page": object_,
        "@modified": member.published or "",
        "@licence": "",
    }
    for place in ("http://purl.org/dc/terms/license", "https://schema.org/license"):
        facts["@licence"] = facts["@licence"] or facts.get(place, "")
    try:
        tree = resources.tree(node, frozenset({node}))
    except TooTangled as error:
        return Unreadable(facts["@id"], f"<{node}> {error}", node)
    return recording.item(tree, facts=facts, base=url, where=f"<{node}>")
