"""What the shapes can see of a record: two records of one form get the same verdict, so that one is validated for both.

A shape looks at values through few windows: datatype, language, whether a pattern matches, how a number compares with a
bound, whether a value is on a list. The form of a record holds just these answers for every value, by subject and
property, and nothing else; lists of places are written alike, so that hundreds of records share one. What compares
values with each other, or asks about other records, is seen by no form: such records are validated themselves.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import pyoxigraph as ox
import rdflib
from rdflib.collection import Collection
from rdflib.namespace import RDF, SH

from registry.ledger.findings import Finding
from registry.record import Record
from registry.terms import TYPE

Term = rdflib.URIRef | rdflib.Literal
Triples = Iterable[tuple[rdflib.term.Node, rdflib.term.Node, rdflib.term.Node]]
Form = tuple[str, ...]

IRI = "iri"
"""Stands for the datatype of what is no literal."""

KEPT = 20_000
"""Forms whose verdict is remembered; then they are all forgotten."""

_COUNTED = {SH[name] for name in ("minCount", "maxCount", "uniqueLang", "qualifiedMinCount", "qualifiedMaxCount",
                                  "qualifiedValueShapesDisjoint", "flags", "severity", "message", "deactivated", "name",
                                  "description", "order", "group", "path", "property", "targetClass",
                                  "targetSubjectsOf")}  # fmt: skip
_NESTED = {SH[name] for name in ("or", "and", "xone", "not", "node", "qualifiedValueShape")}
_BOUNDS = {SH[name] for name in ("minInclusive", "maxInclusive", "minExclusive", "maxExclusive")}
_LENGTHS = {SH.minLength, SH.maxLength}
_SEEN = {SH.datatype, SH.nodeKind, SH.languageIn}  # every form tells datatype, kind and language
_COMPARED = {SH[name] for name in ("lessThan", "lessThanOrEquals", "equals", "disjoint", "sparql")}


class _NoForm(Exception):
    """The shapes look at it in a way that no form tells."""


@dataclass
class _Windows:
    """What the shapes ask about the values of one property."""

    patterns: set[tuple[str, int]]
    lengths: set[int]
    bounds: set[rdflib.Literal]
    lists: set[frozenset[rdflib.term.Node]]
    typed: bool = False  # whether they ask for the class of the value

    @cached_property
    def compiled(self) -> list[re.Pattern[str]]:
        return [re.compile(pattern, flags) for pattern, flags in sorted(self.patterns)]

    @cached_property
    def ordered(self) -> list[frozenset[rdflib.term.Node]]:
        return sorted(self.lists, key=lambda members: sorted(map(str, members)))


class Forms:
    """The forms of records, and what was found for each of them."""

    def __init__(self, shapes: rdflib.Graph, context: Triples) -> None:
        self._known: dict[Form, tuple[Finding, ...] | None] = {}
        types: defaultdict[str, set[str]] = defaultdict(set)
        for subject, predicate, kind in context:
            if predicate == RDF.type:
                types[str(subject)].add(str(kind))
        self._types = {subject: tuple(sorted(kinds)) for subject, kinds in types.items()}
        self._compared: set[str] = set()
        try:
            self._windows = self._read(shapes)
            self._typed = {path for path, window in self._windows.items() if window.typed}
            self._asked = {*self._windows, *self._compared, f"<{TYPE.value}>"}
            self.usable = True
        except _NoForm:
            self._windows, self._typed, self._asked, self.usable = {}, set(), set(), False
        self._seen_through: Callable[[str, str], str] = lru_cache(65_536)(self._look)

    def of(self, record: Record) -> Form | None:
        """The form of a record; None for one that has to be validated itself."""
        if not self.usable:
            return None
        head, tail = len(record.iri) + 1, len(record.iri) + 5
        lines = [line.split(" ", 2) for line in record.nquads.split("\n")[:-1]]
        inside = {subject for subject, _, _ in lines}
        found: list[str] = []
        try:
            for subject, predicate, rest in lines:
                value = rest[:-tail]
                seen = self._seen_through(predicate, value) if predicate in self._asked else _kind(value)
                if value in inside:
                    seen += f" inside {value[head:-1]}"
                elif predicate in self._typed and value[0] == "<" and value[1:-1] not in self._types:
                    return None  # another record of the batch may say what it is
                found.append(f"{subject[head:-1]} {predicate} {seen}")
        except _NoForm:
            return None
        found.sort()
        return tuple(found)

    def verdict(self, form: Form, record: Record) -> list[Finding] | None:
        """The findings of a record of this form; None when there is none that is known."""
        known = self._known.get(form)
        return None if known is None else [replace(one, focus=f"{record.iri}{one.focus}") for one in known]

    def learn(self, form: Form, record: Record, findings: Sequence[Finding]) -> None:
        """Remember what was found, unless it names a value, which the next record of this form does not share."""
        if any(one.value is not None or not (one.focus or "").startswith(record.iri) for one in findings):
            return
        if len(self._known) >= KEPT:
            self._known.clear()
        self._known[form] = tuple(replace(one, focus=(one.focus or "")[len(record.iri) :]) for one in findings)

    def _look(self, predicate: str, text: str) -> str:
        """What the shapes see of a value of a property, both as in N-Quads. Raises _NoForm."""
        if predicate in self._compared:
            raise _NoForm
        if predicate == f"<{TYPE.value}>":
            return text
        window = self._windows.get(predicate)
        lexical, language, datatype = _parts(text)
        kind = _kind(text)
        if window is None:
            return kind
        seen = [kind, *(str(pattern.search(lexical) is not None) for pattern in window.compiled)]
        if window.lengths:
            seen.append(str([(len(lexical) > one) - (len(lexical) < one) for one in sorted(window.lengths)]))
        types = self._types.get(lexical, ()) if datatype == IRI else ()
        if window.bounds or window.lists or datatype not in (IRI, ""):
            term: Term
            if datatype == IRI:
                term = rdflib.URIRef(lexical)
            else:
                type_ = rdflib.URIRef(datatype) if datatype else None
                term = rdflib.Literal(lexical, lang=language or None, datatype=type_, normalize=False)
                seen += [str(term.ill_typed), type(term.value).__name__]
            seen += [str(_compare(term, bound)) for bound in sorted(window.bounds)]
            seen += [str(term in members) for members in window.ordered]
        return " ".join([*seen, *types])

    def _read(self, shapes: rdflib.Graph) -> dict[str, _Windows]:
        """The windows by property, as in N-Quads. Raises _NoForm where the shapes ask what no form can tell."""
        if (None, SH.targetObjectsOf, None) in shapes or (None, SH.targetNode, None) in shapes:
            raise _NoForm
        windows: dict[str, _Windows] = {}
        within = {node for _, node in self._below(shapes)}
        every = set(shapes.subjects(RDF.type, SH.NodeShape)) | set(shapes.subjects(RDF.type, SH.PropertyShape))
        for shape in every | within | set(shapes.subjects(SH.path)):
            paths = list(shapes.objects(shape, SH.path))
            if not paths:
                window = _Windows(set(), set(), set(), set())
                self._add(shapes, shape, window, None, set())
                if (window.patterns or window.lengths or window.bounds or window.lists) and shape not in within:
                    raise _NoForm  # of the focus node itself, whose name no form tells
                continue
            if not isinstance(paths[0], rdflib.URIRef):
                raise _NoForm
            window = windows.setdefault(f"<{paths[0]}>", _Windows(set(), set(), set(), set()))
            self._add(shapes, shape, window, str(paths[0]), set())
        return windows

    def _add(
        self, shapes: rdflib.Graph, shape: rdflib.term.Node, window: _Windows, path: str | None,
        seen: set[rdflib.term.Node],
    ) -> None:  # fmt: skip
        """Add what a shape asks about a value, and what the shapes below it ask about the same value."""
        if shape in seen:
            return
        seen.add(shape)
        flags = "".join(str(flag) for flag in shapes.objects(shape, SH.flags))
        for parameter, value in shapes.predicate_objects(shape):
            if parameter == SH.pattern:
                window.patterns.add((str(value), (re.I if "i" in flags else 0) | (re.M if "m" in flags else 0)))
            elif parameter in _LENGTHS and isinstance(value, rdflib.Literal):
                window.lengths.add(int(value))
            elif parameter in _BOUNDS and isinstance(value, rdflib.Literal):
                window.bounds.add(value)
            elif parameter == SH["in"]:
                window.lists.add(frozenset(Collection(shapes, value)))
            elif parameter == SH.hasValue:
                window.lists.add(frozenset([value]))
            elif parameter == SH["class"]:
                window.typed = True
            elif parameter in _COMPARED:
                if path is None:
                    raise _NoForm
                self._compared.add(f"<{path}>")
            elif parameter not in _COUNTED | _NESTED | _SEEN and str(parameter).startswith(str(SH)):
                raise _NoForm
        for parent, below in self._below(shapes, shape):
            # a property of the value has windows of its own
            if parent == shape and (below, SH.path, None) not in shapes:
                self._add(shapes, below, window, path, seen)

    def _below(
        self, shapes: rdflib.Graph, shape: rdflib.term.Node | None = None
    ) -> Iterator[tuple[rdflib.term.Node, rdflib.term.Node]]:
        """Pairs of a shape and one that it asks about the same value."""
        for parameter in _NESTED:
            for parent, value in shapes.subject_objects(parameter) if shape is None else (
                (shape, one) for one in shapes.objects(shape, parameter)
            ):  # fmt: skip
                several = parameter in (SH["or"], SH["and"], SH.xone)
                for below in Collection(shapes, value) if several else (value,):
                    yield parent, below


def _kind(text: str) -> str:
    """What every shape may see: that it is an IRI, or the language or datatype of a literal."""
    return IRI if text.startswith("<") else text[text.rindex('"') :]


def _parts(text: str) -> tuple[str, str, str]:
    """Text, language and datatype of a value in canonical N-Quads."""
    if text.startswith("<"):
        return text[1:-1], "", IRI
    end = text.rindex('"')
    lexical, tail = text[1:end], text[end + 1 :]
    language, datatype = (tail[1:], "") if tail.startswith("@") else ("", tail[3:-1])
    if "\\" in lexical:
        (quad,) = ox.parse(f"<a:a> <a:a> {text} .", ox.RdfFormat.N_TRIPLES)
        assert isinstance(quad.object, ox.Literal)
        lexical = quad.object.value
    return lexical, language, datatype


def _compare(term: Term, bound: rdflib.Literal) -> object:
    """How a value compares with a bound: below, at, above; or that it does not."""
    if not isinstance(term, rdflib.Literal) or term.value is None or bound.value is None:
        return None
    try:
        return (term.value < bound.value, term.value == bound.value)
    except (TypeError, ArithmeticError):  # not of one kind; or not a number, beside a decimal
        return "incomparable"
