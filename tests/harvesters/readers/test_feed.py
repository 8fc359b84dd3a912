"""The feed reader and its client: any event stream, in order, once, with deletions, whatever the server does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harvesters.ldes import Client, FeedFailed, Member, State
from harvesters.reading import SourceFailed
from tests.harvesters.readers.harvests import harvest
from tests.standins import Reply, StandIn, fetcher_for

PREFIXES = """
@prefix ldes: <https://w3id.org/ldes#> . @prefix tree: <https://w3id.org/tree#> . @prefix s: <https://schema.org/> .
@prefix as: <https://www.w3.org/ns/activitystreams#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix orte: <https://w3id.org/orte/ns#> .
"""
ROOT = """
<#s> a ldes:EventStream ; tree:view </feed> ; ldes:timestampPath as:published ; ldes:versionOfPath as:object .
</feed> a tree:Node .
"""


def relation(node: str, since: int) -> str:
    return (
        f"</feed> tree:relation [ a tree:GreaterThanOrEqualToRelation ; tree:path as:published ;"
        f' tree:value "2026-01-{since:02}T00:00:00Z"^^xsd:dateTime ; tree:node <{node}> ] .\n'
    )


def event(number: int, kind: str, object_: str, day: int) -> str:
    graph = f'<#{number}> {{ </o/{object_}> a s:Place ; s:name "{object_}{number}" }}\n' if kind != "Delete" else ""
    return (
        f"</feed#s> tree:member <#{number}> . <#{number}> a as:{kind} ; as:object </o/{object_}> ;"
        f' as:published "2026-01-{day:02}T00:00:00Z"^^xsd:dateTime .\n{graph}'
    )


def immutable(node: str) -> str:
    return f"<{node}> a tree:Node ; ldes:immutable true .\n"


@pytest.fixture
def site() -> Iterator[StandIn]:
    with StandIn() as standin:
        yield standin


def serve(site: StandIn, path: str, body: str, status: int = 200) -> None:
    site.route(path, Reply((PREFIXES + body).encode(), status=status, headers={"Content-Type": "application/trig"}))


def members(site: StandIn, state: State) -> list[Member]:
    with fetcher_for(site, max_retries=0) as fetch:
        return [member for batch in Client(fetch, state).members(site.url("/feed")) for member in batch]


def asked(site: StandIn) -> list[str]:
    return [request.path for request in site.requests if request.path != "/robots.txt"]


def test_members_come_in_order_once_and_immutable_pages_are_read_once(site: StandIn) -> None:
    serve(site, "/feed", ROOT + relation("/p2", 5) + relation("/p1", 1))
    serve(site, "/p1", immutable("/p1") + event(2, "Update", "a", 3) + event(1, "Create", "a", 1))
    serve(site, "/p2", event(3, "Create", "b", 5))
    state = State()
    assert [member.object[-1] + member.kind for member in members(site, state)] == ["acreate", "aupdate", "bcreate"]
    state = State.load(state.dump())
    assert members(site, state) == []
    assert asked(site) == ["/feed", "/p1", "/p2", "/feed", "/p2"]
    serve(site, "/p2", event(3, "Create", "b", 5) + event(4, "Delete", "a", 6))
    (gone,) = members(site, state)
    assert (gone.kind, gone.object, list(gone.payload)) == ("delete", site.url("/o/a"), [])


def test_relations_in_a_circle_end_and_a_page_that_is_gone_is_empty(site: StandIn) -> None:
    serve(site, "/feed", ROOT + relation("/p1", 1) + relation("/gone", 1))
    serve(site, "/p1", event(1, "Create", "a", 1) + relation("/feed", 1).replace("</feed>", "</p1>", 1))
    serve(site, "/gone", "", status=410)
    assert len(members(site, State())) == 1


def test_a_stream_that_goes_back_in_time_is_refused(site: StandIn) -> None:
    told = '</feed> orte:sequence {} ; orte:liveCount 1 ; orte:digest "00" .\n'
    serve(site, "/feed", ROOT + told.format(9))
    state = State()
    members(site, state)
    serve(site, "/feed", ROOT + told.format(8))
    with pytest.raises(FeedFailed, match="back in time"):
        members(site, state)


@pytest.mark.parametrize(
    ("body", "why"),
    [("", "no event streams"), (ROOT + "<#t> tree:view </other> .", "2 event streams"), (ROOT + "kaputt", "/feed")],
)
def test_what_is_no_stream_fails_with_a_reason(site: StandIn, body: str, why: str) -> None:
    serve(site, "/feed", body)
    with pytest.raises(FeedFailed, match=why):
        members(site, State())


def test_as_a_source_each_thing_is_one_record_in_its_latest_version(site: StandIn) -> None:
    serve(site, "/feed", ROOT + relation("/p1", 1))
    events = [event(1, "Create", "a", 1), event(2, "Create", "b", 2), event(3, "Update", "a", 3)]
    serve(site, "/p1", "".join(events))
    first = harvest("feed", site, url=site.url("/feed"), key_prefix=site.url("/o/"))
    assert sorted(first.records) == ["a", "b"]
    assert first.records["a"].data["https://schema.org/name"] == [{"@value": "a3"}]
    serve(site, "/p1", "".join([*events, event(4, "Delete", "b", 4)]))
    second = harvest("feed", site, url=site.url("/feed"), key_prefix=site.url("/o/"))
    assert second.changes(first) == (set(), set(), {"b"})


def test_a_stream_that_cannot_be_read_deletes_nothing(site: StandIn) -> None:
    serve(site, "/feed", "", status=200)
    with pytest.raises(SourceFailed):
        harvest("feed", site, url=site.url("/feed"))
