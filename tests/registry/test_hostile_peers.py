"""Peers that lie: nothing of ours changes without a valid record from its origin, and `orte sources` says why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox
import pytest

from harvesters.ldes import client
from registry.ledger import Run
from registry.record import digest, record, shift
from registry.terms import AS, LDES, ORTE, SCHEMA, TREE, TYPE, XSD
from tests.faults.killing import Unchecked
from tests.registry.federation import Registry
from tests.standins.server import Reply, Request, StandIn

NQUADS = {"Content-Type": "application/n-quads"}
CC_BY = "https://creativecommons.org/licenses/by/4.0/"
PAGE = 3
"""Members on a page of these feeds."""


@dataclass
class Liar:
    """A registry's feed as somebody writes it who need not be honest: activities in pages, with any digest."""

    server: StandIn
    activities: list[tuple[str, str, str]] = field(default_factory=list)  # type, object, statements

    @property
    def base(self) -> str:
        return self.server.url("").rstrip("/")

    def says(self, key: str, name: str | None, *, base: str = "", source: str = "liste") -> None:
        """Publish a version of a record, or its deletion; of another registry when `base` says so."""
        base = base or self.base
        iri = f"{base}/sources/{source}/records/{key}"
        self.activities.append(("Delete" if name is None else "Create", iri, "" if name is None else said(iri, name)))

    def publish(self, *, digest_: str | None = None, origin: int | None = None) -> None:
        """Serve root and pages as they are now."""
        stream, root = f"{self.base}/feed/records#stream", f"{self.base}/feed/records"
        live: dict[str, bytes] = {}
        for kind, iri, text in self.activities:
            live.pop(iri, None)
            if kind != "Delete":
                live[iri] = digest(text)
        state = bytes(32)
        for one in live.values():
            state = shift(state, add=one)
        about = [
            f"<{stream}> <{TYPE.value}> <{LDES}EventStream> .", f"<{stream}> <{TREE}view> <{root}> .",
            f"<{stream}> <{LDES}timestampPath> <{AS}published> .", f"<{stream}> <{LDES}versionOfPath> <{AS}object> .",
            f"<{stream}> <{LDES}sequencePath> <{ORTE}sequence> .", f"<{root}> <{TYPE.value}> <{TREE}Node> .",
            f'<{root}> <{ORTE}sequence> "{len(self.activities)}"^^<{XSD}integer> .',
            f'<{root}> <{ORTE}digest> "{digest_ or state.hex()}" .',
            f'<{root}> <{ORTE}liveCount> "{len(live)}"^^<{XSD}integer> .',
        ]  # fmt: skip
        for number in range(0, len(self.activities), PAGE):
            page = f"{root}/page/{number // PAGE}"
            about += [f"<{root}> <{TREE}relation> _:r{number} .", f"_:r{number} <{TREE}node> <{page}> ."]
            self._page(page, stream, number, origin)
        self.server.route("/feed/records", "\n".join(about) + "\n", headers=NQUADS)

    def _page(self, page: str, stream: str, start: int, origin: int | None) -> None:
        some = self.activities[start : start + PAGE]
        lines = [f"<{page}> <{TYPE.value}> <{TREE}Node> ."]
        if len(some) == PAGE:
            lines.append(f'<{page}> <{LDES}immutable> "true"^^<{XSD}boolean> .')
        for number, (kind, iri, text) in enumerate(some, start + 1):
            name = f"<{self.base}/feed/records#{number}>"
            lines += [
                f"<{stream}> <{TREE}member> {name} .", f"{name} <{TYPE.value}> <{AS}{kind}> .",
                f"{name} <{AS}object> <{iri}> .",
                f'{name} <{AS}published> "2026-11-22T10:00:{number:02}Z"^^<{XSD}dateTime> .',
                f'{name} <{ORTE}sequence> "{number}"^^<{XSD}integer> .',
            ]  # fmt: skip
            if origin is not None and not iri.startswith(f"{self.base}/"):
                lines.append(f'{name} <{ORTE}originSequence> "{origin}"^^<{XSD}integer> .')
            lines += [line.replace(f" <{iri}> .", f" {name} .") for line in text.split("\n")[:-1]]
        self.server.route(page.removeprefix(self.base), "\n".join(lines) + "\n", headers=NQUADS)


def said(iri: str, name: str) -> str:
    thing = ox.NamedNode(f"{iri}#it")
    triples = [ox.Triple(thing, TYPE, ORTE["CooperationSite"]), ox.Triple(thing, SCHEMA["name"], ox.Literal(name))]
    source = iri.partition("/records/")[0]
    return record(iri, triples, source="x", source_iri=source, raw_key="k", page=None, licence=CC_BY).nquads


@pytest.fixture
def liar() -> Iterator[Liar]:
    with StandIn() as server:
        yield Liar(server)


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[Registry]:
    one = Registry(tmp_path / "b", Unchecked(), "http://127.0.0.1:1")  # type: ignore[arg-type]
    one.harvest({"x": "Unser Haus"})
    yield one
    one.ledger.close()


def held(one: Registry) -> dict[str, str]:
    """Name by IRI of every live record."""
    found = {}
    for iri in one.names():
        stored = one.ledger.record(iri)
        assert stored
        (found[iri],) = [
            str(q.object.value) for q in ox.parse(stored.nquads, ox.RdfFormat.N_QUADS)
            if q.predicate == SCHEMA["name"] and isinstance(q.object, ox.Literal)
        ]  # fmt: skip
    return found


def state(one: Registry, name: str = "nachbar") -> tuple[str, str]:
    """What `orte sources` says."""
    (found,) = [state for state in one.ledger.sources() if state.id == name]
    return found.state, found.reason or ""


def of(liar: Liar, key: str) -> str:
    return f"{liar.base}/sources/liste/records/{key}"


def test_a_rewritten_page_changes_nothing_and_is_told(liar: Liar, ours: Registry) -> None:
    for key in "abcd":
        liar.says(key, f"Haus {key}")
    liar.publish()
    assert ours.follow(liar.base).outcome == "complete"
    before = held(ours)
    liar.activities[0] = ("Create", of(liar, "a"), said(of(liar, "a"), "Umgeschrieben"))
    liar.says("e", "Haus e")
    liar.publish()
    assert ours.follow(liar.base).outcome == "held"
    assert held(ours) == before | {of(liar, "e"): "Haus e"}
    assert state(ours)[0] == "held"
    assert "rewrote 1 of its records" in state(ours)[1]
    assert ours.follow(liar.base).outcome == "held", "and it is not forgotten"
    liar.says("a", "Umgeschrieben")
    liar.publish()
    assert ours.follow(liar.base).outcome == "complete", "said as news, it is one"
    assert held(ours)[of(liar, "a")] == "Umgeschrieben"


def test_our_own_records_changed_by_a_peer_stay_ours(liar: Liar, ours: Registry) -> None:
    before = held(ours)
    liar.says("x", "Fremdes Haus", base=ours.base, source="eigene")
    liar.says("neu", "Untergeschoben", base=ours.base, source="eigene")
    liar.publish(origin=10**6)
    run = ours.follow(liar.base)
    assert (run.outcome, run.counts["own"]) == ("complete", 2)
    liar.says("x", None, base=ours.base, source="eigene")
    liar.publish(origin=10**6 + 1)
    ours.follow(liar.base)
    assert held(ours) == before


def test_who_claims_anothers_records_is_not_believed_over_them(liar: Liar, ours: Registry) -> None:
    with StandIn() as server:
        honest = Liar(server)
        honest.says("a", "Wahr")
        honest.publish()
        liar.says("a", "Gelogen", base=honest.base)
        liar.says("b", "Erfunden", base=honest.base)
        liar.publish(origin=10**9)
        assert ours.follow(liar.base, "luegner").outcome == "complete"
        assert held(ours)[of(honest, "a")] == "Gelogen", "nobody knows better yet"
        ours.follow(honest.base, "ehrlich")
        assert held(ours)[of(honest, "a")] == "Wahr", "its origin speaks for itself"
        liar.says("a", "Nochmals gelogen", base=honest.base)
        liar.publish(origin=10**9 + 1)
        run = ours.follow(liar.base, "luegner")
        assert run.counts["relayed"] == 1
        assert held(ours)[of(honest, "a")] == "Wahr"


def test_a_peer_that_may_pass_nothing_on_can_claim_nothing(liar: Liar, ours: Registry) -> None:
    liar.says("a", "Eigenes")
    liar.says("b", "Behauptet", base="https://anderswo.example")
    liar.publish(origin=7)
    run = ours.follow(liar.base, origins=[])
    assert run.counts["relayed"] == 1
    assert "https://anderswo.example/sources/liste/records/b" not in held(ours)


def test_a_record_that_speaks_of_others_or_hides_its_source_is_refused(liar: Liar, ours: Registry) -> None:
    before = held(ours)
    victim = f"{ours.base}/sources/eigene/records/x"
    iri = of(liar, "a")
    smuggled = said(iri, "Haus") + f'<{victim}#it> <{SCHEMA}name> "Geändert" <{iri}> .\n'
    liar.activities.append(("Create", iri, "".join(sorted(smuggled.splitlines(keepends=True)))))
    other = said(of(liar, "b"), "Haus").replace(
        f"<{liar.base}/sources/liste> ", "<https://anderswo.example/sources/x> "
    )
    liar.activities.append(("Create", of(liar, "b"), other))
    liar.publish()
    run = ours.follow(liar.base)
    assert run.counts["unreadable"] == 2
    assert held(ours) == before
    rows = ours.ledger.db.execute("SELECT message_en FROM finding WHERE source = 'nachbar' AND fixed_run IS NULL")
    sentences = " ".join(sentence for (sentence,) in rows)
    assert "which is not part of it" in sentences
    assert "dct:source" in sentences


def test_relations_that_lead_in_circles_end(liar: Liar, ours: Registry) -> None:
    for key in "abc":
        liar.says(key, f"Haus {key}")
    liar.publish()
    root = f"{liar.base}/feed/records"
    page, other = f"{root}/page/0", f"{root}/andere"

    def leads(node: str, *to: str) -> str:
        return "".join(
            f"<{node}> <{TREE}relation> _:r{n} .\n_:r{n} <{TREE}node> <{one}> .\n" for n, one in enumerate(to)
        )

    first = liar.server._routes[None, "/feed/records/page/0"].content().decode()
    liar.server.route("/feed/records/page/0", first + leads(page, page, other), headers=NQUADS)
    liar.server.route("/feed/records/andere", leads(other, page, root, other), headers=NQUADS)
    assert ours.follow(liar.base).outcome == "complete"
    assert len(held(ours)) == 4
    assert len(liar.server.asked()) == 3, "each once"


def test_a_stream_without_end_is_given_up(liar: Liar, ours: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MAX_PAGES", 40)
    before = held(ours)
    liar.publish()

    def following(request: Request) -> Reply:
        return Reply(
            f"<{liar.base}/feed/records#stream> <{TREE}view> <{liar.base}/feed/records> .\n"
            f"<{liar.base}{request.path}> <{TREE}relation> _:r .\n"
            f"_:r <{TREE}node> <{liar.base}{request.path}/x> .\n",
            200, NQUADS,
        )  # fmt: skip

    liar.server.forget("/feed/records")
    liar.server.route("/feed/records*", following)
    run = ours.follow(liar.base)
    assert run.outcome == "failed"
    assert held(ours) == before


@pytest.mark.parametrize("lined", [True, False])
def test_a_page_with_a_million_members_is_refused(
    liar: Liar, ours: Registry, lined: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = held(ours)
    liar.says("a", "Haus")
    liar.publish()
    stream = f"{liar.base}/feed/records#stream"
    if lined:
        page = "".join(f"<{stream}> <{TREE}member> <urn:x:{n}> .\n" for n in range(1_000_000))
        monkeypatch.setattr(client, "_quads", None)  # it must not even be parsed
        liar.server.route("/feed/records", page, headers=NQUADS)
    else:
        monkeypatch.setattr(client, "MAX_MEMBERS", 1000)
        page = f"<{stream}> <{TREE}member> " + ", ".join(f"<urn:x:{n}>" for n in range(1001)) + " ."
        liar.server.route("/feed/records/page/0", page, headers={"Content-Type": "text/turtle"})
    run: Run = ours.follow(liar.base)
    assert run.outcome == "failed"
    assert ("has 1000000 members" if lined else "has 1001 members") in state(ours)[1]
    assert held(ours) == before


def test_a_peer_that_is_down_for_long_loses_nothing_and_is_caught_up_with(liar: Liar, ours: Registry) -> None:
    for key in "abcd":
        liar.says(key, f"Haus {key}")
    liar.publish()
    ours.follow(liar.base)
    before = held(ours)
    for _ in range(3):
        liar.server.route("/feed/records", b"", status=503)
        assert ours.follow(liar.base).outcome == "failed"
        assert held(ours) == before
        assert state(ours)[0] == "failed"
    # meanwhile it has let go of its old log: of "b" nothing is left, not even that it was deleted
    liar.activities = [one for one in liar.activities if one[1] != of(liar, "b")]
    for key in "efgh":
        liar.says(key, f"Haus {key}")
    liar.publish()
    assert ours.follow(liar.base).outcome == "complete"
    assert held(ours).keys() == before.keys() - {of(liar, "b")} | {of(liar, key) for key in "efgh"}
    assert "agrees" in state(ours)[1]


def test_a_wrong_digest_withdraws_nothing_and_is_told(liar: Liar, ours: Registry) -> None:
    for key in "abc":
        liar.says(key, f"Haus {key}")
    liar.publish()
    ours.follow(liar.base)
    before = held(ours)
    liar.publish(digest_="00" * 32)
    liar.says("d", "Haus d")
    liar.publish(digest_="00" * 32)
    assert ours.follow(liar.base).outcome == "held"
    assert held(ours) == before | {of(liar, "d"): "Haus d"}
    assert "states the digest 0000" in state(ours)[1]
    del liar.activities[1:]
    liar.publish()
    assert ours.follow(liar.base).outcome == "failed"
    assert "back in time" in state(ours)[1]
    assert held(ours).keys() >= before.keys()
