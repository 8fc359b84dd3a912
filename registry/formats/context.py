"""A JSON-LD 1.1 context, read so that it can be used backwards: from IRIs to short keys and values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson


@dataclass(frozen=True)
class TermDefinition:
    """One key of the context.

    ``coercion`` is ``@id``, ``@vocab``, a datatype IRI or None; ``language`` is the tag given to bare text
    in this term (None: no tag); ``scope`` is the context inside its values, where it differs from outside.
    """

    key: str
    iri: str
    coercion: str | None
    containers: frozenset[str]
    language: str | None
    scope: Context | None


@dataclass
class Context:
    """A context with its terms by key and by IRI. Build one with ``Context.read(path)``.

    Understood: prefixes, ``@vocab``, ``@language``, keyword aliases, type coercion, ``@language``, ``@set`` and
    ``@list`` containers, and property-scoped contexts. What is not understood is refused, never guessed.
    """

    terms: dict[str, TermDefinition] = field(default_factory=dict)
    prefixes: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)  # keyword → its alias
    type_is_set: bool = False
    vocab: str | None = None
    language: str | None = None
    names: frozenset[str] = frozenset()  # every key of the context, prefixes and aliases included
    by_iri: dict[str, list[TermDefinition]] = field(default_factory=dict)
    order: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Context:
        """Read a published context file. Raises ValueError that names the file and the key not understood."""
        try:
            document = orjson.loads(path.read_bytes())
            return cls().extended(document["@context"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ValueError(f"{path} is no JSON-LD context that can be used: {error}") from error

    def extended(self, definitions: Mapping[str, Any]) -> Context:
        """This context with further definitions on top; this one stays as it is."""
        return _Builder(self, definitions).build()

    def keyword(self, keyword: str) -> str:
        """What to write for ``@id`` or ``@type``: the alias where there is one."""
        return self.aliases.get(keyword, keyword)

    def is_safe(self, iri: str) -> bool:
        """True when nothing in this context would expand the IRI's scheme as if it were a prefix."""
        scheme, _, rest = iri.partition(":")
        return scheme not in self.names or rest.startswith("//")

    def shorten(self, iri: str) -> str | None:
        """The short word for an IRI where JSON-LD expands words (types, ``@vocab`` values), or None."""
        for term in self.by_iri.get(iri, ()):
            return term.key
        if self.vocab and iri.startswith(self.vocab):
            word = iri[len(self.vocab) :]
            if _WORD.fullmatch(word) and word not in self.names:
                return word
        return None

    def compact(self, iri: str) -> str | None:
        """The IRI with a prefix (``schema:name``), or None where no prefix fits."""
        stem = iri[: max(iri.rfind("#"), iri.rfind("/")) + 1]
        local = iri[len(stem) :]
        for prefix, namespace in self.prefixes.items():
            if namespace == stem and _WORD.fullmatch(local) and f"{prefix}:{local}" not in self.names:
                return f"{prefix}:{local}"
        return None


# Words that survive expansion: no colon (a prefix), no @ (a keyword), nothing that JSON-LD could read otherwise.
_WORD = re.compile(r"[A-Za-z0-9_][\w.~/-]*", re.ASCII)
_GEN_DELIMS = (":", "/", "?", "#", "[", "]", "@")
_KEYWORDS_IN_CONTEXT = {"@version", "@vocab", "@language", "@base"}
_KEYWORDS_IN_TERM = {"@id", "@type", "@container", "@language", "@context", "@prefix"}
_CONTAINERS = {"@language", "@set", "@list"}


class _Builder:
    def __init__(self, parent: Context, definitions: Mapping[str, Any]) -> None:
        self.definitions = dict(definitions)
        self.terms = dict(parent.terms)
        self.prefixes = dict(parent.prefixes)
        self.aliases = dict(parent.aliases)
        self.type_is_set = parent.type_is_set
        self.names = set(parent.names)
        self.order = dict(parent.order)
        for key in self.definitions:
            if key.startswith("@") and key not in _KEYWORDS_IN_CONTEXT:
                raise ValueError(f"{key} is not supported")
        self.language = definitions.get("@language", parent.language)
        self.vocab = parent.vocab
        if "@vocab" in definitions:
            vocab = definitions["@vocab"]
            self.vocab = None if vocab is None else self.expand(vocab, frozenset())

    def build(self) -> Context:
        for key, definition in self.definitions.items():
            if not key.startswith("@"):
                self.define(key, definition)
        context = Context(
            terms=self.terms,
            prefixes=self.prefixes,
            aliases=self.aliases,
            type_is_set=self.type_is_set,
            vocab=self.vocab,
            language=self.language,
            names=frozenset(self.names),
            order=self.order,
        )
        for term in self.terms.values():
            context.by_iri.setdefault(term.iri, []).append(term)
        # Scopes come last, because they extend the finished context.
        for key, definition in self.definitions.items():
            if isinstance(definition, dict) and isinstance(definition.get("@context"), dict):
                scope = context.extended(definition["@context"])
                scoped = TermDefinition(**{**vars(self.terms[key]), "scope": scope})
                context.by_iri[scoped.iri] = [scoped if t.key == key else t for t in context.by_iri[scoped.iri]]
                context.terms[key] = scoped
        return context

    def define(self, key: str, definition: Any) -> None:
        self.names.add(key)
        self.terms.pop(key, None)
        self.prefixes.pop(key, None)
        if definition is None or (isinstance(definition, dict) and definition.get("@id", key) is None):
            return
        details = {"@id": definition} if isinstance(definition, str) else dict(definition)
        for keyword in details.keys() - _KEYWORDS_IN_TERM:
            raise ValueError(f"{keyword} of '{key}' is not supported")
        container = details.get("@container") or []
        containers = frozenset([container] if isinstance(container, str) else container)
        if containers - _CONTAINERS:
            raise ValueError(f"the container of '{key}' is not supported")
        target = details.get("@id", key)
        if target in ("@id", "@type", "@value", "@language", "@graph", "@included"):
            self.aliases[target] = key
            self.type_is_set |= target == "@type" and "@set" in containers
            return
        iri = self.expand(target, frozenset([key]) if target != key else frozenset())
        if iri is None:
            raise ValueError(f"'{key}' has no IRI")
        self.order.setdefault(iri, len(self.order))
        if details.get("@prefix", isinstance(definition, str) and iri.endswith(_GEN_DELIMS)):
            self.prefixes[key] = iri
        if iri.endswith(_GEN_DELIMS):
            return  # a namespace is never written as a property
        coercion = details.get("@type")
        if coercion == "@none":
            coercion = None
        elif coercion == "@json":
            raise ValueError(f"@json of '{key}' is not supported")
        elif coercion is not None and not coercion.startswith("@"):
            coercion = self.expand(coercion, frozenset([key]))
        language = details.get("@language", self.language)
        self.terms[key] = TermDefinition(key, iri, coercion, containers, language, None)

    def expand(self, value: str, pending: frozenset[str]) -> str | None:
        """The IRI that a word, a prefixed name or an IRI stands for, following definitions not yet made."""
        if value in pending:
            raise ValueError(f"'{value}' is defined by itself")
        prefix, colon, local = value.partition(":")
        if not colon:
            if value in self.definitions:
                return self._target(value, pending)
            if value in self.terms:
                return self.terms[value].iri
            return None if self.vocab is None else self.vocab + value
        if local.startswith("//"):
            return value
        if prefix in self.definitions:
            stem = self._target(prefix, pending | {value})
            return value if stem is None else stem + local
        return self.prefixes[prefix] + local if prefix in self.prefixes else value

    def _target(self, key: str, pending: frozenset[str]) -> str | None:
        definition = self.definitions[key]
        target = definition.get("@id", key) if isinstance(definition, dict) else definition
        if target is None or target == key:
            return None if target is None or self.vocab is None else self.vocab + key
        return self.expand(target, pending | {key})
