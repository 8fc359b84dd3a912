"""JSON-LD by walking the tree of a description: plain JSON that expands to exactly the same triples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
import pyoxigraph as ox

from registry.formats.context import Context, TermDefinition
from registry.formats.description import RDF_TYPE, Description, Term

XSD = "http://www.w3.org/2001/XMLSchema#"
_STRING, _INTEGER, _BOOLEAN = XSD + "string", XSD + "integer", XSD + "boolean"
# Integers beyond this are not exact in JavaScript.
_SAFE_INTEGER = 2**53 - 1
# Nested nodes deeper than this are written beside the root: recursion must not depend on what a source sends.
_DEEPEST = 16


def document(description: Description, context: Context, context_url: str) -> bytes:
    """One description as a JSON-LD document, UTF-8."""
    return orjson.dumps({"@context": context_url, **node(description, context)})


def node(description: Description, context: Context) -> dict[str, Any]:
    """The root of a description as a JSON-LD node object without ``@context``, nested nodes inside it.

    Other subjects of the description are embedded where they are first pointed at; those nobody points at
    follow in ``@included``.
    """
    return _Walk(description, context).run()


def flat(description: Description, context: Context, context_url: str) -> bytes:
    """Every subject side by side in ``@graph``, for vocabularies; only blank nodes are embedded. UTF-8."""
    walk = _Walk(description, context)
    named = [subject for subject in walk.about if not subject.startswith("_:")]
    walk.waiting -= set(named)
    nodes = [walk.subject(subject, 0) for subject in named if walk.about[subject]]
    nodes += [walk.subject(subject, 0) for subject in sorted(walk.waiting)]
    return orjson.dumps({"@context": context_url, "@graph": nodes})


class _Walk:
    def __init__(self, description: Description, context: Context) -> None:
        self.about = description.about
        self.root = description.root
        self.context = context
        self.waiting = {subject for subject in self.about if subject != self.root}
        self.id = context.keyword("@id")

    def run(self) -> dict[str, Any]:
        result = self.subject(self.root, 0)
        included = []
        for subject in self.about:
            if subject in self.waiting:
                self.waiting.discard(subject)
                included.append(self.subject(subject, 0))
        if included:
            result[self.context.keyword("@included")] = included
        return result

    def subject(self, subject: str, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = self.reference(subject, self.context)
        properties = self.about[subject]
        order = self.context.order
        for predicate in sorted(properties, key=lambda p: (p != RDF_TYPE, order.get(p, 1 << 30), p)):
            if predicate == RDF_TYPE:
                self.types(result, properties[predicate], depth)
            else:
                for value in properties[predicate]:
                    self.add(result, predicate, value, depth)
        return result

    def reference(self, iri: str, context: Context) -> dict[str, Any]:
        """A node object with nothing but its IRI; a scheme that looks like one of our prefixes is switched off."""
        if context.is_safe(iri):
            return {self.id: iri}
        return {"@context": {iri.partition(":")[0]: None}, self.id: iri}

    def types(self, result: dict[str, Any], values: Iterable[Term], depth: int) -> None:
        words: list[Any] = []
        for value in values:
            if isinstance(value, ox.NamedNode):
                word = self.context.shorten(value.value) or self.context.compact(value.value)
                if word or self.context.is_safe(value.value):
                    words.append(word or value.value)
                    continue
            self.put(result, RDF_TYPE, self.explicit(value, self.context, depth))
        if words:
            single = len(words) == 1 and not self.context.type_is_set
            result[self.context.keyword("@type")] = words[0] if single else words

    def add(self, result: dict[str, Any], predicate: str, value: Term, depth: int) -> None:
        terms = self.context.by_iri.get(predicate, ())
        for term in terms:
            if self.natural(result, term, value, depth):
                return
        for term in terms:
            if not term.containers & {"@language", "@list"}:
                context = term.scope or self.context
                self.put(result, term.key, self.explicit(value, context, depth), "@set" in term.containers)
                return
        self.put(result, self.key(predicate), self.explicit(value, self.context, depth))

    def key(self, predicate: str) -> str:
        """A key for a property without a term that fits: an IRI that no term's coercion touches."""
        compact = self.context.compact(predicate)
        if compact is None and not self.context.is_safe(predicate):
            raise ValueError(f"<{predicate}> cannot be a key: its scheme is a prefix of the context")
        return compact or predicate

    def natural(self, result: dict[str, Any], term: TermDefinition, value: Term, depth: int) -> bool:
        """Write a value the short way, if this term's definition turns it back into exactly the same value."""
        if "@list" in term.containers:
            return False
        always_list = "@set" in term.containers
        if "@language" in term.containers:
            if not isinstance(value, ox.Literal) or value.direction is not None:
                return False
            if value.language is None and value.datatype.value != _STRING:
                return False
            self.put(result.setdefault(term.key, {}), value.language or "@none", value.value, always_list)
            return True
        if isinstance(value, ox.Literal):
            written = _literal(value, term)
            if written is None:
                return False
            self.put(result, term.key, written, always_list)
            return True
        if term.coercion not in ("@id", "@vocab") or not isinstance(value, ox.NamedNode):
            return False
        context = term.scope or self.context
        word = context.shorten(value.value) if term.coercion == "@vocab" else None
        if word is not None:
            self.put(result, term.key, word, always_list)
        else:
            self.put(result, term.key, self.pointer(value.value, term.scope, depth, short=True), always_list)
        return True

    def pointer(self, iri: str, scope: Context | None, depth: int, *, short: bool) -> Any:
        """What stands for another node: the node itself if it is waiting to be written here, else its IRI."""
        # Inside a scoped context the keys mean something else, so nodes are not embedded there.
        if iri in self.waiting and scope is None and depth < _DEEPEST:
            self.waiting.discard(iri)
            return self.subject(iri, depth + 1)
        context = scope or self.context
        return iri if short and context.is_safe(iri) else self.reference(iri, context)

    def explicit(self, value: Term, context: Context, depth: int) -> Any:
        """A value written so that no definition can change it."""
        if isinstance(value, ox.Literal):
            return _value_object(value)
        if isinstance(value, ox.Triple):
            raise TypeError("a triple as a value (RDF 1.2) cannot be written as JSON-LD 1.1")
        name = value.value if isinstance(value, ox.NamedNode) else str(value)
        return self.pointer(name, None if context is self.context else context, depth, short=False)

    @staticmethod
    def put(target: dict[str, Any], key: str, value: Any, always_list: bool = False) -> None:
        """Add a value to a key: a list where several are possible or there are several."""
        if key not in target:
            target[key] = [value] if always_list else value
        elif isinstance(target[key], list):
            target[key].append(value)
        else:
            target[key] = [target[key], value]


def _literal(value: ox.Literal, term: TermDefinition) -> Any:
    """A literal as a bare JSON value, or None where the term would read it as something else."""
    language, text = value.language, value.value
    if value.direction is not None:
        return None
    if language is not None:
        return text if term.coercion is None and term.language == language else None
    datatype = value.datatype.value
    if datatype == _STRING and term.coercion is None:
        return text if term.language is None else None
    if term.coercion is not None and term.coercion != datatype:
        return None
    if datatype == _INTEGER and _is_exact_integer(text):
        return int(text)
    if datatype == _BOOLEAN and text in ("true", "false"):
        return text == "true"
    return text if term.coercion == datatype else None


def _is_exact_integer(text: str) -> bool:
    if len(text) > 17 or not text.lstrip("-").isdecimal() or not text.isascii():
        return False
    number = int(text)
    return str(number) == text and abs(number) <= _SAFE_INTEGER


def _value_object(value: ox.Literal) -> Mapping[str, Any]:
    if value.language is not None:
        direction = {} if value.direction is None else {"@direction": str(value.direction.value)}
        return {"@value": value.value, "@language": value.language, **direction}
    if value.datatype.value == _STRING:
        return {"@value": value.value}
    return {"@value": value.value, "@type": value.datatype.value}
