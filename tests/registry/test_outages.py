"""The outage contract: whatever a source does, no entity disappears, and `orte sources` says why and how old it is.

Each trouble befalls a source that was read well three days before, together with another source that is well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.registry.cases import AFTER, BEFORE, case_of, describe
from tests.registry.sourced import Sourced, counts
from tests.standins import (
    Reply,
    Request,
    StandIn,
    broken_off,
    flood,
    gzip_bomb,
    hang,
    hung_up,
    redirect,
    too_many,
    truncated,
)

NOW = datetime.now(UTC)
EARLIER = NOW - timedelta(days=3)
LIST = [{"id": number, "name": name} for number, name in BEFORE.items()]


@dataclass(frozen=True)
class Trouble:
    """What befalls the source of a case, and what the registry says then. `settings` are those of `[fetch]`."""

    id: str
    answer: Any
    says: str
    outcome: str = "failed"
    case: str = "json"
    path: str = "/orte"
    settings: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


def _header(**headers: str) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def _page(number: Callable[[Request], int], **claims: Any) -> Callable[[Request], Any]:
    """Pages of two records each, with what the list claims about itself."""

    def answer(request: Request) -> Any:
        start = 2 * number(request)
        return {"data": LIST[start : start + 2], **claims}

    return answer


def _asked_page(request: Request) -> int:
    return int(request.query["page"]) - 1


BOMB = '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
RDF_BOMB = f"""<?xml version="1.0"?>{BOMB}]>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="http://a.example/1">
<rdf:value>&i;</rdf:value></rdf:Description></rdf:RDF>"""
SITEMAP_BOMB = f"<?xml version='1.0'?>{BOMB}]><urlset><url><loc>&i;</loc></url></urlset>"
REMOTE_CONTEXT = {"@context": "@/context", "@id": "http://a.example/1", "@type": "Place", "name": "Haus 1"}

TROUBLES = [
    Trouble("empty list", [], "gave 0 records, at least 1 are expected.*--accept-shrink", "held"),
    Trouble("half a list", LIST[:3], "shrank from 6 to 3.*--accept-shrink", "held"),
    Trouble("500", Reply("oops", 500), "answered 500"),
    Trouble("404", Reply("gone", 404), "404"),
    Trouble("cut off", truncated(LIST[:3]), "broke off"),
    Trouble("cut off between chunks", broken_off(b'[{"id": 1, "name": "Haus 1"},'), "broke off"),
    Trouble("cut off within the JSON", json.dumps(LIST).encode()[:60], "breaks off after 60 characters"),
    Trouble("hung up", hung_up(), "ended the connection"),
    Trouble("HTML instead of JSON", "<!doctype html><title>Wartung</title>", "answered HTML instead of JSON"),
    Trouble("hangs", hang(), r"sent nothing for 0\.3 s", settings={"timeout": 0.3}),
    Trouble("hangs half way", hang(after_head=True), r"sent nothing for 0\.3 s", settings={"timeout": 0.3}),
    Trouble("200 MB", flood(), "more than", settings={"max_bytes": 2_000_000}),
    Trouble("announces 200 MB", Reply(b"[", headers=_header(Content_Length="200000000")), "announces 200 MB"),
    Trouble("gzip bomb", gzip_bomb(1 << 30), "unpacks to more than"),
    Trouble("redirect to the cloud's secrets", redirect("http://169.254.169.254/latest/meta-data/"), "169.254.169.254"),
    Trouble("redirect to a file", redirect("file:///etc/passwd"), "file:///etc/passwd"),
    Trouble("redirects for ever", redirect("/orte"), "redirects more than"),
    Trouble("robots.txt forbids", b"User-agent: *\nDisallow: /orte", "robots.txt forbids", path="/robots.txt"),
    Trouble("robots.txt is broken", Reply("", 503), "robots.txt answered 503", path="/robots.txt"),
    Trouble("429 for an hour", too_many(3600), "429.*come back after"),
    Trouble("nested too deeply", b"[" * 100_000, "nested deeper"),
    Trouble("empty file", b"", "answered nothing"),
    Trouble("half characters", b'[{"id": 1, "name": "\\ud83d"}]', "surrogate|broken JSON"),
    # lists that lie
    Trouble(
        "pages that repeat for ever", lambda request: {"data": LIST[:2]}, "repeats an earlier page", "partial",
        case="json in pages",
    ),
    Trouble(
        "pages that never end", _page(lambda request: 0), "repeats an earlier page", "partial", case="json in pages",
    ),
    Trouble(
        "a total that lies", _page(_asked_page, total=50), "says it has 50 records, but gave 6", "partial",
        case="json in pages",
    ),
    Trouble(
        "fewer pages than it says", lambda request: {"data": LIST[:3] if request.query["page"] == "1" else [], "n": 9},
        "says it has 9 pages", "partial", case="json in pages",
        options={"paging": {"kind": "page", "parameter": "page", "pages": "$.n"}},
    ),
    Trouble(
        "next is itself", {"data": LIST[:2], "next": "/orte"}, "which came before", "partial", case="json in pages",
        options={"paging": {"kind": "link", "next": "$.next"}},
    ),
    Trouble(
        "a list instead of an object", LIST, r"holds no list at \$\.data", case="json in pages",
    ),
    # Overpass says so with status 200
    Trouble("Overpass: no elements", {"osm3s": {}, "elements": []}, "gave 0 records", "held", case="overpass"),
    Trouble("Overpass: busy", Reply("<html>rate_limited</html>", 429), "429", case="overpass"),
    Trouble("Overpass: something else", {"elements": []}, "did not answer as Overpass does", case="overpass"),
    # tables
    Trouble("CSV: empty", b"", "is empty", case="csv"),
    Trouble("CSV: a column is missing", b"nummer;name\n1;Haus\n", "has no column 'nr'.*'nummer', 'name'", case="csv"),
    Trouble("CSV: breaks off in a cell", b'nr;name\n1;"Haus', "ends inside a quoted cell", case="csv"),
    Trouble("CSV: a page instead", "<html>Anmelden</html>", "answered HTML", case="csv"),
    Trouble("CSV: only a header", b"nr;name\n", "gave 0 records", "held", case="csv"),
    Trouble("XLSX: cut off", b"PK\x03\x04 and then nothing", "is no readable XLSX file", case="xlsx"),
    # graphs
    Trouble(
        "RDF: entity bomb", Reply(RDF_BOMB.encode(), headers=_header(Content_Type="application/rdf+xml")),
        "declares XML entities", case="rdf",
    ),
    Trouble(
        "RDF: remote context", REMOTE_CONTEXT, "remote JSON-LD context", case="rdf", options={"syntax": "json-ld"},
    ),
    Trouble(
        "RDF: cut off", Reply(b"<a> a <b", headers=_header(Content_Type="text/turtle")), "is not valid Turtle",
        case="rdf",
    ),
    Trouble("GeoJSON: no features", {"type": "FeatureCollection"}, "holds no list", case="geojson"),
    Trouble("DCAT: the download is gone", Reply("", 404), "csv answered 404", case="dcat", path="/stand-0.csv"),
    Trouble("DCAT: the catalogue is a page", "<html>Portal</html>", "answered HTML instead of RDF", case="dcat"),
    Trouble("SPARQL: time-out in the text", Reply("Query timeout", 500), "answered 500", case="sparql"),
    Trouble(
        "SPARQL: cut off", Reply(b'{"results": {"bindings": [', headers=_header(Content_Type="application/json")),
        "broken JSON", case="sparql",
    ),
    # pages
    Trouble(
        "sitemap: entity bomb", Reply(SITEMAP_BOMB.encode(), headers=_header(Content_Type="application/xml")),
        "neither a sitemap nor an overview", case="sitemap-html", path="/wp-sitemap.xml",
    ),
    Trouble("sitemap: 503", Reply("", 503), "503", case="sitemap-html", path="/wp-sitemap.xml"),
    Trouble("sitemap: pages are down", Reply("", 500), "500", case="sitemap-html", path="/orte/*"),
    Trouble("WordPress: 500", Reply("", 500), "500", case="wordpress", path="/wp-json/wp/v2/orte"),
    Trouble("WordPress: no posts", [], "lists no posts", case="wordpress", path="/wp-json/wp/v2/orte"),
    Trouble("script-json: no script", "<html><p>Wartung</p></html>", "no complete JSON", case="script-json"),
    Trouble("SpaceAPI: no directory", "<html></html>", "answered HTML", case="spaceapi"),
    Trouble("OpenFairDB: no list", {"error": "down"}, "not answer with a list", case="openfairdb", path="/v0/search"),
    Trouble("OpenFairDB: entries are down", Reply("", 500), "500", case="openfairdb", path="/v0/entries/*"),
]  # fmt: skip


def _registry(data: Path, trouble: Trouble, site: Any, other: StandIn) -> Sourced:
    registry = Sourced(data, site, other, **trouble.settings)
    describe(registry, case_of(trouble.case), site, **trouble.options)
    registry.describe("andere", {"reader": "json", "url": other.url("/"), "key": "id"})
    other.route("/", [{"id": "x", "name": "Haus X"}])
    return registry


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.id)
def test_no_entity_disappears(trouble: Trouble, tmp_path: Path) -> None:
    case = case_of(trouble.case)
    with case.standin() as site, StandIn() as other:
        registry = _registry(tmp_path, trouble, site, other)
        describe(registry, case, site)
        case.publish(site, BEFORE)
        assert registry.harvest("ort", "andere", at=EARLIER)["ort"].outcome == "complete"
        before = registry.digests()

        describe(registry, case, site, **trouble.options)
        answer = trouble.answer
        if answer is REMOTE_CONTEXT:
            answer = {**answer, "@context": other.url("/context")}
        site.route(trouble.path, answer)
        runs = registry.harvest("ort", "andere", at=NOW)

        assert runs["ort"].outcome == trouble.outcome
        assert re.search(trouble.says, runs["ort"].reason or ""), runs["ort"].reason
        assert registry.digests() == before
        assert (runs["andere"].outcome, counts(runs["andere"])) == ("complete", (0, 0, 0, 1)), "the others go on"
        told = registry.told()
        assert (told["ort"]["state"], told["ort"]["reason"]) == (trouble.outcome, runs["ort"].reason)
        assert told["ort"]["records"] == 6
        assert told["ort"]["confirmed"] == f"{EARLIER:%Y-%m-%dT%H:%M:%SZ}", "how old the data is"
        assert (told["ort"]["age"] // 86_400, told["andere"]["age"] // 86_400) == (3, 0)
        assert told["andere"]["confirmed"] == f"{NOW:%Y-%m-%dT%H:%M:%SZ}"
        assert not other.asked("/context")

        if case.standin is StandIn and not trouble.options:
            site.forget(trouble.path)
            case.publish(site, AFTER)
            well = registry.harvest("ort", at=NOW + timedelta(hours=1))["ort"]
            assert (well.outcome, counts(well)) == ("complete", (1, 1, 1, 4)), (
                "when it is well again, nothing was missed"
            )
            assert registry.told()["ort"]["reason"] is None


@pytest.mark.parametrize("name", ["remark-runtime-error-01.json", "remark-runtime-remark-01.json"])
def test_the_real_time_outs_of_overpass(name: str, shared: Path, tmp_path: Path) -> None:
    body = (shared / "data" / "overpass_samples" / name).read_bytes()
    answer = Reply(body, headers=_header(Content_Type="application/json"))
    test_no_entity_disappears(Trouble(name, answer, "Overpass could not finish: runtime", case="overpass"), tmp_path)


def test_a_redirect_into_our_own_network_is_not_followed(tmp_path: Path) -> None:
    with StandIn() as inside:
        inside.route("/admin", LIST)
        trouble = Trouble("", redirect(inside.url("/admin")), "127.0.0.1")
        test_no_entity_disappears(trouble, tmp_path)
        assert not inside.requests


def test_a_flood_and_a_bomb_are_stopped_early(tmp_path: Path) -> None:
    for number, answer in enumerate((flood(), gzip_bomb(1 << 30))):
        data = tmp_path / str(number)
        data.mkdir()
        test_no_entity_disappears(Trouble("", answer, "more than", settings={"max_bytes": 2_000_000}), data)
        assert answer.sent < 50_000_000, "the rest was never sent"


def test_a_reader_that_stumbles_takes_nobody_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from harvesters.readers import script_json

    def stumble(*_: Any) -> None:
        raise AttributeError("'NoneType' object has no attribute 'items'")

    case = case_of("script-json")
    with StandIn() as site, StandIn() as other:
        registry = _registry(tmp_path, Trouble("", None, "", case="script-json"), site, other)
        case.publish(site, BEFORE)
        registry.harvest("ort", at=EARLIER)
        before = registry.digests()["record"]
        monkeypatch.setattr(script_json, "_values", stumble)
        runs = registry.harvest("ort", "andere", at=NOW)
        assert (runs["ort"].outcome, runs["andere"].outcome) == ("failed", "complete")
        assert "'script-json' came upon something it does not know: AttributeError" in (runs["ort"].reason or "")
        assert len(registry.names("ort")) == 6
        assert before != registry.digests()["record"], "the other source is there now"


def test_a_total_that_lies_in_wordpress(tmp_path: Path) -> None:
    case = case_of("wordpress")
    with case.standin() as site:
        registry = Sourced(tmp_path, site)
        describe(registry, case, site)
        case.publish(site, BEFORE)
        registry.harvest("ort", at=EARLIER)
        before = registry.digests()
        site.places = site.places[:3]  # type: ignore[attr-defined]
        site.route("/wp-json/wp/v2/orte", lambda request: _claiming(site._posts(request), "6"))  # type: ignore[attr-defined]
        run = registry.harvest("ort", at=NOW)["ort"]
        assert (run.outcome, registry.digests()) == ("partial", before)
        assert "says it has 6 posts and gave 3" in (run.reason or "")


def _claiming(reply: Reply, total: str) -> Reply:
    return Reply(reply.body, reply.status, {**reply.headers, "X-WP-Total": total})
