"""Every page there is: what it shows, and the template that shows it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request

from harvesters.gazetteer_files import credits_of
from registry import coverage, search
from registry.assets import ontology_dir
from registry.config import Config
from registry.coverage import DETOUR, MINUTES, RADIUS, SPEED, Coverage
from registry.examples import examples
from registry.formats import Context, Description, Format, address_in
from registry.formats.description import RDF_TYPE
from registry.formats.media import THING
from registry.ledger import Ledger, Run, SourceState, StoredRecord, findings
from registry.search import Hit, Page
from registry.terms import KINDS, ORTE, PREFIXES, SCHEMA
from registry.vocabulary import Vocabulary
from registry.web import charts, facets, terms
from registry.web.compiled import Compiled
from registry.web.freshness import freshness
from registry.web.listing import Listing
from registry.web.numbers import written
from registry.web.rows import Rows, web_link
from registry.web.texts import IN, LANGUAGES, chosen, language

if TYPE_CHECKING:
    from harvesters.outlines import Outlines

_HERE = Path(__file__).resolve().parent
STATIC = _HERE / "static"
_TEMPLATES = _HERE / "templates"

_NAME = SCHEMA["name"].value


class Method(NamedTuple):
    """How reach is estimated: km/h, minutes, way by distance as the crow flies, and the metres that follow."""

    speed: float
    minutes: float
    detour: float
    radius: float


class Pages:
    """Renders pages as UTF-8. Everything that comes from outside is escaped; links lead to the web or nowhere."""

    def __init__(self, config: Config, words: Vocabulary) -> None:
        self.config = config
        self.base = config.base_url
        self.prefix = urlsplit(config.base_url).path  # of every link, when the registry is not at the root of its host
        self.words = words
        self.order = Context.read(ontology_dir() / "context.jsonld").order
        self.templates = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            bytecode_cache=Compiled(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.templates.filters["web_link"] = web_link
        self.templates.filters["day"] = _day
        self.templates.filters["moment"] = _moment
        self.templates.filters["digits"] = _digits
        self.templates.filters["number"] = written
        self.templates.filters["licence"] = _licence
        self.templates.filters["string_of_json"] = _string_of_json

    def start(
        self,
        request: Request,
        ledger: Ledger,
        filters: Mapping[str, Any],
        listing: Listing,
        counts: Mapping[str, int],
        recent: Sequence[Hit],
    ) -> bytes:
        shown = self._shown(request, ledger, "site", filters, listing)
        summary = IN[language(request)]("start.lead")
        more = {"counts": counts, "recent": recent, "sources": ledger.sources(), "summary": summary}
        return self.render(request, "start.html", **{**shown, "formats": (), "document": f"{self.base}/", **more})

    def listing(
        self, request: Request, ledger: Ledger, kind: str, filters: Mapping[str, Any], listing: Listing
    ) -> bytes:
        return self.render(request, "listing.html", **self._shown(request, ledger, kind, filters, listing))

    def embed(self, request: Request, ledger: Ledger, filters: Mapping[str, Any], listing: Listing) -> bytes:
        """A map that stands on pages of others."""
        return self.render(request, "embed.html", **self._shown(request, ledger, "site", filters, listing))

    def _shown(
        self, request: Request, ledger: Ledger, kind: str, filters: Mapping[str, Any], listing: Listing
    ) -> dict[str, Any]:
        """What a list shows."""
        tongue = language(request)
        groups = facets.groups(listing.found, kind, filters, self._labels(ledger, listing, tongue), self.base)
        kept = facets.kept(filters)
        words = [("q", filters["q"])] if filters["q"] else []
        return {
            "kind": kind,
            "filters": filters,
            "query": listing.query,
            "found": listing.found,
            "entries": [self._entry(hit, one, tongue) for hit, one in listing.entries],
            "groups": groups,
            "kept": kept,
            "query_string": urlencode([*words, *kept]),
            "query_without_words": urlencode(kept),
            "wider": _wider([*words, *kept]),
            "near_place": request.query_params.get("place", "")[:100] or None,
            "confirmed": sorted(state.confirmed for state in ledger.sources() if state.confirmed and state.live),
            "following": self._local(listing.following) if listing.following else None,
            "first": self._local(listing.first),
            "formats": THING,
            "document": listing.page if request.url.query else listing.path,
        }

    def regions(self, request: Request, members: Sequence[Description], counts: Mapping[str, int]) -> bytes:
        return self.render(
            request, "regions.html", regions=members, counts=counts, orte=str(ORTE), document=f"{self.base}/regions"
        )

    def region(self, request: Request, ledger: Ledger, description: Description, ags: str, sites: Page) -> bytes:
        rows = self.rows(request, ledger, [description], "site")
        state = coverage.latest(ledger.db)
        return self.render(
            request,
            "region.html",
            kind="region",
            ags=ags,
            title=description.text(_NAME, rows.texts.language) or ags,
            covered=next((one for one in state.districts if one.ags == ags), None) if state else None,
            target=self.words.target(description.root),
            hits=sites.hits,
            rows=rows.of(description, leave_out=frozenset([_NAME])),
            more=[(rows.texts("region.sites"), f"/sites?region={ags}", sites.total)],
            document=f"{self.base}/region/{ags}",
        )

    def coverage(
        self, request: Request, states: Sequence[Coverage], outlines: Outlines | None, formats: Sequence[Format]
    ) -> bytes:
        tongue = language(request)
        state = states[0] if states else None
        districts = state.districts if state else ()
        labels = {ags: self.words.label(iri, tongue) or ags for ags, iri in self.words.districts.items()}
        targets = {ags: self.words.target(iri) for ags, iri in self.words.districts.items()}
        return self.render(
            request,
            "coverage.html",
            state=state,
            states=states[::-1],
            months=list({one.day[:7]: one for one in reversed(states)}.values())[-24:],
            labels=labels,
            targets=targets,
            shares={one.ags: f"{one.share:.0%}" for one in districts if one.share is not None},
            unplaced=sum(one.unplaced or 0 for one in districts),
            chart=charts.bars(districts, labels, targets),
            trends=charts.trends(states[::-1], labels, targets),
            map=charts.shaded(outlines.rings(1.0), districts) if outlines else None,
            method=Method(SPEED, MINUTES, DETOUR, RADIUS),
            credits=credits_of(self.config.gazetteer),
            orte=str(ORTE),
            formats=formats,
            document=f"{self.base}/coverage",
        )

    def sources(self, request: Request, ledger: Ledger, states: Sequence[SourceState]) -> bytes:
        open_ = {state.id: findings.count(ledger.db, state.id) for state in states}
        health = [(state, freshness(state), open_[state.id]) for state in states]
        return self.render(request, "sources.html", health=health, document=f"{self.base}/sources")

    def source(
        self,
        request: Request,
        ledger: Ledger,
        state: SourceState,
        description: Description,
        formats: Sequence[Format],
    ) -> bytes:
        return self.render(
            request, "source.html", state=state, age=freshness(state), formats=formats, document=description.root
        )

    def record(
        self,
        request: Request,
        ledger: Ledger,
        record: StoredRecord,
        state: SourceState,
        description: Description,
        formats: Sequence[Format],
    ) -> bytes:
        rows = self.rows(request, ledger, [description], record.kind)
        names = search.names(ledger.db, [record.entity]) if record.entity else {}
        return self.render(
            request,
            "record.html",
            record=record,
            state=state,
            entity=names.get(record.entity or "", record.entity),
            title=description.text(_NAME, rows.texts.language, record.thing) or record.raw_key,
            rows=rows.of(description, subject=record.thing),
            about=rows.of(description, leave_out=frozenset(["http://xmlns.com/foaf/0.1/primaryTopic"])),
            formats=formats,
            document=record.iri,
        )

    def run(self, request: Request, run: Run, description: Description, formats: Sequence[Format]) -> bytes:
        rows = self.rows(request, None, [description], "site")
        title = f"{rows.texts('kind.run')} {run.id}"
        return self.render(
            request,
            "thing.html",
            kind="run",
            title=title,
            rows=rows.of(description),
            more=[],
            document=description.root,
        )

    def catalog(self, request: Request, datasets: Sequence[Any], formats: Sequence[Format]) -> bytes:
        return self.render(request, "catalog.html", datasets=datasets, formats=formats, document=f"{self.base}/catalog")

    def dataset(self, request: Request, title: str, description: Description, formats: Sequence[Format]) -> bytes:
        rows = self.rows(request, None, [description], "site").of(description)
        return self.render(
            request, "thing.html", kind="dataset", title=title, rows=rows, more=[], document=description.root,
            formats=formats,
        )  # fmt: skip

    def ontology(self, request: Request, formats: Sequence[Format]) -> bytes:
        return self.render(
            request,
            "ontology.html",
            sections=terms.sections(self.words, language(request)),
            formats=formats,
            document=f"{self.base}/ns",
        )

    def sparql(self, request: Request, query: str) -> bytes:
        return self.render(
            request,
            "sparql.html",
            query=query or _EXAMPLE,
            examples=examples(),
            map=self.config.map,
            given=bool(query),
            prefixes=PREFIXES,
            limits=self.config.limits,
        )

    def docs(self, request: Request, openapi: Mapping[str, Any], problems: Mapping[str, tuple[int, str]]) -> bytes:
        operations = [
            (path, method.upper(), operation)
            for path, methods in openapi["paths"].items()
            for method, operation in methods.items()
        ]
        return self.render(request, "docs.html", openapi=openapi, operations=operations, problems=problems)

    def problem(
        self, request: Request, kind: str, status: int, title: str, detail: str, more: Mapping[str, Any]
    ) -> bytes:
        return self.render(request, "problem.html", kind=kind, status=status, title=title, detail=detail, more=more)

    def render(self, request: Request, template: str, **values: Any) -> bytes:
        """A page in the visitor's language."""
        tongue, asked = language(request), chosen(request)
        other = "en" if tongue == "de" else "de"
        pairs = [(key, value) for key, value in request.query_params.multi_items() if key not in ("lang", "query")]

        def to(path: str) -> str:
            """A link to an address of ours that keeps the language the visitor chose."""
            path, hash_, fragment = path.partition("#")
            keep = f"{'&' if '?' in path else '?'}lang={asked}" if asked else ""
            return f"{self.prefix}{path}{keep}{hash_}{fragment}"

        here = f"{self.base}{quote(request.url.path)}"
        document = values.get("document") or (f"{here}?{urlencode(pairs)}" if pairs else here)
        joint = "&" if "?" in document else "?"
        page = self.templates.get_template(template).render(
            t=IN[tongue],
            language=tongue,
            other=other,
            switch=f"{self.prefix}{quote(request.url.path)}?{urlencode([*pairs, ('lang', other)])}",
            asked=asked,
            here=here,
            translations=[
                ("x-default", document),
                *((one, f"{document}{joint}lang={one}") for one in LANGUAGES),
            ],
            map_settings=self.config.map,
            summary=values.pop("summary", None),
            to=to,
            local=self._local,
            address_in=address_in,
            label=lambda iri: self.words.label(iri, tongue) or iri,
            base=self.base,
            prefix=self.prefix,
            title_of_site=self.config.title.get(tongue, self.config.title.get("de", "Orte")),
            publisher=self.config.publisher,
            kinds=list(KINDS),
            **{"formats": (), "document": None, **values},
        )
        return page.encode()

    def property_label(self, iri: str, tongue: str) -> str:
        """The name of a property for people."""
        return Rows(IN[tongue], self.words, self.base, str, self.order).label(iri)

    def _local(self, address: str) -> str:
        """The path and query of an address of ours."""
        return address.removeprefix(self.base)

    def rows(
        self,
        request: Request,
        ledger: Ledger | None,
        descriptions: Sequence[Description],
        kind: str,
        more: Iterable[str] = (),
    ) -> Rows:
        """What makes rows of descriptions; it knows the names of the entities in them, and of ``more``."""
        ours = {
            iri
            for one in descriptions
            for subject, properties in one.about.items()
            for predicate in properties
            for iri in one.iris(predicate, subject)
        }
        ours = {iri for iri in ours.union(more) if iri.startswith(f"{self.base}/")}
        asked = chosen(request)
        keep = f"lang={asked}" if asked else ""

        def to(path: str) -> str:
            return f"{self.prefix}{path}" + (f"{'&' if '?' in path else '?'}{keep}" if keep else "")

        names = search.names(ledger.db, ours) if ledger else {}
        return Rows(IN[language(request)], self.words, self.base, to, self.order, names, kind)

    def types(self, description: Description, tongue: str) -> list[str]:
        return [self.words.label(iri, tongue) or "" for iri in description.iris(RDF_TYPE) if iri.startswith(ORTE)]

    def _entry(self, hit: Hit, description: Description, tongue: str) -> dict[str, Any]:
        """What a list shows of an entity."""
        address = description.iri(SCHEMA["address"].value)
        phase = description.iri(ORTE["phase"].value) or description.iri(ORTE["status"].value)
        return {
            "href": self._local(description.root),
            "distance": None if hit.distance is None else written(hit.distance / 1000, tongue, 1),
            "name": description.text(_NAME, tongue) or description.root.rpartition("/")[2],
            "types": self.types(description, tongue),
            "place": description.text(SCHEMA["addressLocality"].value, tongue, address) if address else None,
            "region": self.words.label(description.iri(ORTE["region"].value) or "", tongue),
            "phase": self.words.label(phase, tongue) if phase else None,
            "text": description.text(SCHEMA["abstract"].value, tongue)
            or description.text(SCHEMA["description"].value, tongue),
        }

    def _labels(self, ledger: Ledger, listing: Listing, tongue: str) -> dict[str, str]:
        """Labels of all facet values of a page."""
        values = {one.value for counts in listing.found.facets.values() for one in counts}
        values |= {value for chosen_values in listing.query.facets.values() for value in chosen_values}
        labels = search.names(ledger.db, [value for value in values if value.startswith(f"{self.base}/")])
        for state in ledger.sources():
            labels[state.id] = title_of(state, tongue)
        for value in values - labels.keys():
            labels[value] = self.words.label(value, tongue) or value.rpartition("/")[2]
        return labels


_EXAMPLE = """\
PREFIX orte: <https://w3id.org/orte/ns#>
PREFIX schema: <https://schema.org/>

SELECT ?network ?name ?end WHERE {
  ?network a orte:Network ;
    schema:name ?name .
  OPTIONAL { ?network schema:endDate ?end }
}
ORDER BY ?name
LIMIT 100
"""


def title_of(state: SourceState, tongue: str) -> str:
    titles = state.description.get("title", {})
    return str(titles.get(tongue) or titles.get("de") or state.id)


def _day(moment: str | None) -> str:
    return (moment or "")[:10]


def _wider(pairs: Sequence[tuple[str, str]]) -> str | None:
    """The same question in a larger circle, where it has one that can grow."""
    wide = ("radius", "50km")
    if wide in pairs or not any(name == "near" for name, _ in pairs):
        return None
    return urlencode([*(pair for pair in pairs if pair[0] != "radius"), wide])


def _string_of_json(value: Any) -> str:
    """JSON as a text, which the template escapes, unlike its own `tojson`."""
    return json.dumps(value, ensure_ascii=False)


def _licence(iri: str) -> str:
    """A licence by the name that people know, as far as its address tells."""
    match = re.search(r"creativecommons\.org/(?:licenses|publicdomain)/([a-z-]+)/(\d\.\d)", iri)
    if match:
        return f"CC0 {match[2]}" if match[1] == "zero" else f"CC {match[1].upper()} {match[2]}"
    if match := re.search(r"opendatacommons\.org/licenses/(odbl|by)/(?:(\d)[.-](\d))?", iri):
        version = f" {match[2]}.{match[3]}" if match[2] else ""
        return f"{'ODbL' if match[1] == 'odbl' else 'ODC-By'}{version}"
    match = re.search(r"govdata\.de/(dl-de/[a-z0-9-]+)", iri)
    return match[1] if match else iri


def _digits(number: str) -> str:
    """A telephone number as a link has it."""
    return "".join(char for char in number if char in "+0123456789")


def _moment(moment: str | None) -> str:
    return (moment or "")[:16].replace("T", " ")
