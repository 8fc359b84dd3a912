"""Read OpenStreetMap elements through an Overpass interpreter.

Overpass answers a time-out with HTTP 200, no elements and a `remark`; so an answer with a remark is a failure, whatever
else it holds. "osm:node/123" is no lasting identity, since a node may become a way: the key is only as good as that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harvesters.readers.options import Options
from harvesters.reading import Context, Item, RawRecord, SourceFailed, Unreadable

_ANONYMOUS = ("user", "uid", "changeset", "nodes", "members", "geometry", "bounds", "center")
"""What does not enter the data: who mapped it, and geometry beyond a position."""

_SHAPES = ("node", "way", "relation")


def read(options: Mapping[str, Any], context: Context) -> Iterator[Item]:
    """One raw record per element with tags; data: `type`, `id`, `version`, `timestamp`, `tags`, `lat` and `lon`.

    Ways and relations have the position of their centre, which may be missing.

    Options:
        url: address of the interpreter.
        filters: list of Overpass tag filters, such as `["amenity"="coworking_space"]`.
        boxes: list of `[south, west, north, east]` in degrees.
        query: instead of both, a whole query; it must end in `out meta center`.
        timeout: seconds that the interpreter may take.
    """
    settings = Options("overpass", options)
    url = settings.needed("url", "the address of the interpreter")
    query = settings.text("query") or _query(settings)
    settings.done()
    answer = context.fetch.post(url, data={"data": query}, accept="application/json")
    document = answer.json()
    header = document.get("osm3s") if isinstance(document, Mapping) else None
    if not isinstance(header, Mapping) or not isinstance(document.get("elements"), list):
        raise SourceFailed(f"{url} did not answer as Overpass does")
    if remark := document.get("remark"):
        raise SourceFailed(f"Overpass could not finish: {str(remark)[:200]}")
    context.notes(f"OpenStreetMap as of {header.get('timestamp_osm_base', 'an unknown moment')}")
    for element in document["elements"]:
        if (
            not isinstance(element, Mapping)
            or element.get("type") not in _SHAPES
            or not isinstance(element.get("id"), int)
        ):
            yield Unreadable(
                None,
                "an element needs a type and a number",
                str(element)[:200],
                "ein Element braucht eine Art und eine Nummer",
            )
        elif isinstance(element.get("tags"), Mapping) and element["tags"]:
            yield _record(element)


def _record(element: Mapping[str, Any]) -> RawRecord:
    data = {key: value for key, value in element.items() if key not in _ANONYMOUS}
    centre = element.get("center")
    if "lat" not in data and isinstance(centre, Mapping):
        data |= {key: centre[key] for key in ("lat", "lon") if key in centre}
    key = f"{element['type']}/{element['id']}"
    modified = element.get("timestamp")
    return RawRecord(
        key, data, page=f"https://www.openstreetmap.org/{key}", modified=modified if isinstance(modified, str) else None
    )


def _query(settings: Options) -> str:
    """One union of every filter in every box."""
    filters = settings.texts("filters")
    if not filters:
        raise settings.wrong(
            "filters", 'is missing: tag filters like ["amenity"="coworking_space"], or a whole \'query\''
        )
    if odd := next(
        (text for text in filters if not text.startswith("[") or not text.endswith("]") or ";" in text), None
    ):
        raise settings.wrong("filters", f"has '{odd}', which is no tag filter in brackets")
    timeout = settings.whole("timeout", 120)
    areas = [",".join(f"{edge:g}" for edge in box) for box in boxes(settings)]
    statements = "\n".join(f"  nwr{text}({area});" for area in areas for text in filters)
    return f"[out:json][timeout:{timeout}];\n(\n{statements}\n);\nout meta center;"


def boxes(settings: Options) -> Sequence[tuple[float, ...]]:
    """The option `boxes`: at least one box, each with its corners in the right order."""
    value = settings.listed("boxes")
    found = []
    for box in value:
        numeric = isinstance(box, list | tuple) and len(box) == 4 and all(isinstance(edge, int | float) for edge in box)
        if not numeric or not (box[0] < box[2] and box[1] < box[3]):
            raise settings.wrong("boxes", f"has {box}, which is not [south, west, north, east] in degrees")
        found.append(tuple(float(edge) for edge in box))
    if not found:
        raise settings.wrong("boxes", "is missing: a list of [south, west, north, east] in degrees")
    return found
