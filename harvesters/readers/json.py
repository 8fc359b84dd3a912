"""Read records from JSON: JSONPath to the records, paging by link, page number, offset or cursor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harvesters.readers.listing import Listing
from harvesters.readers.options import Options
from harvesters.readers.recording import Recording
from harvesters.reading import Context, Item, Partial


def read(options: Mapping[str, Any], context: Context) -> Iterator[Item]:
    """One raw record per object; its data is the object as it stands.

    Options:
        url or file: where the JSON is; headers: table of header lines; robots: false where the interface invites
            programs; params: table of query parameters.
        records: JSONPath of the objects, `$[*]` unless given; `$.*` for an object of objects, whose names are `~`.
        key, page, modified, licence, withdrawn, leave_out: see `Recording`.
        paging: see `Paging`. since: see `Listing`.
    """
    settings = Options("json", options)
    listing = Listing.of(settings, context, records="$[*]", accept="application/json, */*;q=0.1")
    recording = Recording.of(settings)
    settings.done()
    for found in listing.found():
        if isinstance(found, Partial):
            yield found
        else:
            yield recording.item(found.value, base=listing.location.base, where=found.where, name=found.name)
