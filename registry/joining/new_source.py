"""The folder of a new source: a description and a lift to begin with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PEER = "registry"
"""The kind of a source that is a registry like this one: its records are taken over as they are, without a lift."""

OPTIONS = {
    "csv": '# key = "id"            # the column whose value names a row for ever',
    "json": 'records = "$[*]"        # where the entries are (JSONPath)\nkey = "id"               # what names one',
    "geojson": "",
    "dcat": '# dataset = "https://…"  # the dataset that is meant; otherwise all of the catalogue\n\n'
    '[read.distribution]      # what of it is read, and how\nreader = "csv"\nkey = "id"',
    "wordpress": 'type = "posts"          # the type of posts that are places',
    "sitemap-html": "pages = '^/orte/[^/]+/?$'  # which addresses are places",
    PEER: "peer = true",
}
"""Options to begin with, by reader; docs/adding-a-source.md explains them all."""

FIELDS = {
    "wordpress": ("title", "content", "link", None, None, None),
    "sitemap-html": ("title", "description", "link", None, None, None),
}
"""Keys of the raw record that a reader always gives: name, text, link, latitude, longitude, postal code."""

LIFT = """\
# From a raw record to the registry's terms. Every key of the raw record is an xyz: property (xyz:{name} is the key
# "{name}"); what stands in OPTIONAL may be missing. Cleaning functions (fn:…) give nothing where they can make no
# sense of a value, and the report says why.
CONSTRUCT {{
  ?it a orte:CooperationSite ; schema:name ?name ; schema:description ?text ; schema:url ?link ;
    schema:address ?address ; schema:geo ?geo ; orte:region ?region .
  ?address a schema:PostalAddress ; schema:postalCode ?postcode ; schema:addressLocality ?locality ;
    schema:streetAddress ?street .
  ?geo a schema:GeoCoordinates ; schema:latitude ?lat ; schema:longitude ?lon .
}}
WHERE {{
  ?r a fx:root ; xyz:{name} ?rawName .
  BIND(fn:it(?r) AS ?it)
  BIND(fn:text(?rawName, "de") AS ?name)
  OPTIONAL {{ ?r xyz:{text} ?rawText BIND(fn:html(?rawText, "de") AS ?text) }}
  OPTIONAL {{ ?r xyz:{link} ?rawLink BIND(fn:url(?rawLink) AS ?link) }}
  OPTIONAL {{ ?r xyz:street ?rawStreet BIND(fn:street(?rawStreet) AS ?street) }}
  OPTIONAL {{ ?r xyz:{postcode} ?rawPostcode BIND(fn:postcode(STR(?rawPostcode)) AS ?postcode) }}
  OPTIONAL {{ ?r xyz:city ?rawCity BIND(fn:locality(?rawCity) AS ?locality) }}
  OPTIONAL {{
    ?r xyz:{lat} ?rawLat ; xyz:{lon} ?rawLon .
    BIND(fn:lat(STR(?rawLat)) AS ?lat) BIND(fn:lon(STR(?rawLon)) AS ?lon)
    BIND(IF(BOUND(?lat) && BOUND(?lon), fn:node(?r, "geo"), ?none) AS ?geo)
  }}
  BIND(IF(BOUND(?postcode) || BOUND(?locality) || BOUND(?street), fn:node(?r, "address"), ?none) AS ?address)
  BIND(fn:district("", COALESCE(?postcode, ""), COALESCE(?locality, ""), COALESCE(STR(?lat), ""),
    COALESCE(STR(?lon), "")) AS ?region)
}}
"""


@dataclass(frozen=True)
class Answers:
    """What a person said about a new source. `reader` is the name of a reader, or `PEER`.

    `options` replace those that a reader of this kind begins with; `remarks` are comments at the top.
    """

    id: str
    title_de: str
    title_en: str
    publisher: str
    homepage: str
    reader: str
    url: str
    licence: str | None
    options: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    enabled: bool = False


def write(folder: Path, answers: Answers) -> None:
    """Write `source.toml` and `lift.rq`; never over an existing folder."""
    folder.mkdir(parents=True)
    keys = FIELDS.get(answers.reader, (None,) * 6)
    usual = ("name", "description", "website", "lat", "lon", "zip")
    name, text, link, lat, lon, postcode = (key or default for key, default in zip(keys, usual, strict=True))
    lift = LIFT.format(name=name, text=text, link=link, lat=lat, lon=lon, postcode=postcode)
    # the description last: a server that looks for sources at this moment finds a whole one, or none
    (folder / "lift.rq").write_text("CONSTRUCT {} WHERE {}\n" if answers.reader == PEER else lift, encoding="utf-8")
    (folder / "source.toml").write_text(_description(answers), encoding="utf-8")


def _description(answers: Answers) -> str:
    def text(value: str) -> str:
        return json.dumps(value, ensure_ascii=False)  # a JSON string is a TOML basic string

    licence = (
        f"licence = {text(answers.licence)}"
        if answers.licence
        else '# licence = "https://creativecommons.org/licenses/by/4.0/"   # none stated: facts only'
    )
    peer = answers.reader == PEER
    given = [f"{name} = {text(value)}" for name, value in answers.options.items()]
    lines = [
        *(f"# {one}" for one in answers.remarks),
        f"id = {text(answers.id)}",
        f"title = {{ de = {text(answers.title_de)}, en = {text(answers.title_en)} }}",
        f"homepage = {text(answers.homepage)}",
        f"publisher = {text(answers.publisher)}",
        licence,
        "rank = 50               # whose word counts first where single values conflict: lower is earlier",
        f'every = "{"1h" if peer else "1d"}"',
        f"enabled = {str(answers.enabled).lower()}",
        'note = ""               # what has been seen of this source, and what has not',
        "",
        "[read]",
        f"reader = {text('feed' if peer else answers.reader)}",
        f"url = {text(answers.url)}",
        *(given or filter(None, [OPTIONS.get(answers.reader, "")])),
        "",
        "[expect]                # otherwise the run is held for a person, and nothing is withdrawn",
        f"min_records = {0 if peer else 1}",
        "max_shrink = 0.2",
        "",
    ]
    return "\n".join(lines)
