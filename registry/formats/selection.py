"""Part of a description: only the properties that somebody asked for (``?fields=``)."""

from __future__ import annotations

from collections.abc import Collection

import pyoxigraph as ox

from registry.formats.description import RDF_TYPE, Description, Term


def select(description: Description, predicates: Collection[str]) -> Description:
    """The root's type and the properties asked for, with all that is nested in them.

    A property of a nested node can be asked for alone: then the node comes with nothing but that and its type.
    """
    chosen = Description(description.root, ())
    chosen.about.clear()
    _copy(description, description.root, chosen, predicates)
    return chosen


def _copy(description: Description, subject: str, chosen: Description, predicates: Collection[str] | None) -> bool:
    """Copy what is asked for of a subject, everything for None; returns whether there was anything but its type."""
    kept: dict[str, list[Term]] = {}
    chosen.about[subject] = kept
    for predicate, values in description.about.get(subject, {}).items():
        nested = [name for value in values if (name := _name(value)) in description.about]
        if predicates is None or predicate in predicates:
            kept[predicate] = values
            for one in nested:
                if one not in chosen.about:
                    _copy(description, one, chosen, None)
        elif predicate == RDF_TYPE:
            kept[predicate] = values
        elif nested:
            found = [one for one in nested if one not in chosen.about and _copy(description, one, chosen, predicates)]
            if found:
                kept[predicate] = [value for value in values if _name(value) in found]
    if subject != description.root and not kept.keys() - {RDF_TYPE}:
        del chosen.about[subject]
        return False
    return True


def _name(value: Term) -> str:
    """An IRI or blank node as a subject is called, empty for anything else."""
    if isinstance(value, ox.NamedNode):
        return value.value
    return str(value) if isinstance(value, ox.BlankNode) else ""
