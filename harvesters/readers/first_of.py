"""Read a source in the first way that it offers: a list of readers, tried in order.

A way that is not offered (no such interface, no such markup) leads to the next one. A way that is offered and fails
does not: the same host in trouble would only fail again, or give less, and less must not replace more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from harvesters.reading import Context, Item, SourceFailed


class NotOffered(SourceFailed):
    """The source cannot be read in this way at all. Raised before the first item, or never."""


def read(options: Mapping[str, Any], context: Context) -> Iterator[Item]:
    """The items of the first reader whose way the source offers.

    Options: `try`, a list of tables, each with `reader` and that reader's options. All other options are given to every
    reader of the list, so that an address is written (and overridden) once; a reader's own table wins over them.
    """
    from harvesters.readers import READERS

    ways = options.get("try")
    if not isinstance(ways, list) or not ways or not all(isinstance(way, Mapping) for way in ways):
        raise SourceFailed("the reader 'first-of' needs the option 'try', a list of tables [[read.try]]")
    common = {key: value for key, value in options.items() if key != "try"}
    refusals = []
    for number, way in enumerate(ways, 1):
        own = {key: value for key, value in way.items() if key != "reader"}
        name = way.get("reader")
        if name not in READERS:
            raise SourceFailed(f'[[read.try]] number {number} needs reader = "…"; known are {", ".join(READERS)}')
        items = READERS[name]({**common, **own}, context)
        try:
            first = next(items, None)
        except NotOffered as refusal:
            refusals.append(f"{number}. {name}: {refusal}")
            context.notes(f"not offered: {refusal}")
            continue
        context.notes(f"reading by way {number} of {len(ways)}, {name}")
        yield from chain(() if first is None else (first,), items)
        return
    raise SourceFailed("none of the ways to read this source is offered: " + "; ".join(refusals))
