"""A description as rows of label and values, for pages: concepts by label, entities by name, links only to the web."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode, urlsplit

import pyoxigraph as ox

from registry.formats import Description
from registry.formats.description import RDF_TYPE, Term
from registry.search import FACETS, Facet
from registry.terms import CONCEPT, ORTE, REGION, SCHEMA
from registry.vocabulary import Vocabulary
from registry.web.texts import Texts

#: The filter that a property's values lead to.
_FILTERS = {
    ORTE["phase"].value: "phase",
    ORTE["theme"].value: "theme",
    ORTE["audience"].value: "audience",
    ORTE["presence"].value: "presence",
    ORTE["status"].value: "status",
    ORTE["serviceKind"].value: "service",
    ORTE["organisationKind"].value: "organisation-kind",
}
_POSITION = SCHEMA["geo"].value


@dataclass(frozen=True)
class Value:
    """One value: text, where it leads, its language if that is not the page's, and rows of its own if it is a node."""

    text: str
    href: str | None = None
    language: str | None = None
    rows: Sequence[Row] = ()
    external: bool = False


@dataclass(frozen=True)
class Row:
    """One property with its values."""

    property: str
    label: str
    values: Sequence[Value]


@dataclass
class Rows:
    """Makes rows in one language. ``names`` are the names of entities and sources by IRI."""

    texts: Texts
    words: Vocabulary
    base: str
    to: Callable[[str], str]  # from an address of ours to a link
    order: Mapping[str, int]  # of properties
    names: Mapping[str, str] = field(default_factory=dict)
    kind: str = "site"

    def of(
        self, description: Description, *, leave_out: frozenset[str] = frozenset(), subject: str | None = None
    ) -> list[Row]:
        """The rows of the root, or of another subject, without the properties left out."""
        return self._rows(description, subject or description.root, leave_out, {description.root})

    def _rows(self, description: Description, subject: str, leave_out: frozenset[str], above: set[str]) -> list[Row]:
        rows = []
        properties = description.about.get(subject, {})
        for predicate in sorted(properties, key=lambda p: (self.order.get(p, 1 << 30), p)):
            if predicate in leave_out or predicate == RDF_TYPE:
                continue
            values = [
                self._value(description, predicate, term, above) for term in self._readable(properties[predicate])
            ]
            rows.append(Row(predicate, self.label(predicate), values))
        return rows

    def label(self, predicate: str) -> str:
        """The name of a property for people."""
        local = predicate[max(predicate.rfind("#"), predicate.rfind("/")) + 1 :]
        own = self.words.label(predicate, self.texts.language)
        return own or self.texts.maybe(f"property.{local}") or local

    def _readable(self, terms: Sequence[Term]) -> list[Term]:
        """Of texts in several languages those in the page's, where there are any."""
        ours = [t for t in terms if isinstance(t, ox.Literal) and (t.language or "").startswith(self.texts.language)]
        if not ours:
            return list(terms)
        return [t for t in terms if not isinstance(t, ox.Literal) or t.language is None or t in ours]

    def _value(self, description: Description, predicate: str, term: Term, above: set[str]) -> Value:
        if isinstance(term, ox.Literal):
            return self._literal(predicate, term)
        if not isinstance(term, ox.NamedNode):
            return Value(str(term))
        iri = term.value
        if iri in description.about and iri not in above and len(above) < 5:
            nested = self._rows(description, iri, frozenset([f"{_GEOSPARQL}asWKT"]), above | {iri})
            if predicate == _POSITION:
                return self._position(description, iri, nested)
            return Value("", rows=nested)
        return self._iri(predicate, iri)

    def _literal(self, predicate: str, term: ox.Literal) -> Value:
        text = term.value
        language = term.language if term.language and not term.language.startswith(self.texts.language) else None
        if predicate == SCHEMA["email"].value:
            return Value(text, href=web_link(f"mailto:{quote(text, safe='@')}"))
        if predicate == SCHEMA["telephone"].value:
            return Value(text, href=web_link("tel:" + "".join(c for c in text if c in "+0123456789")))
        if term.datatype.value.endswith("#boolean"):
            return Value(self.texts("page.yes" if text in ("true", "1") else "page.no"))
        return Value(text, language=language)

    def term(self, term: ox.NamedNode | ox.Literal) -> Value:
        """One value that stands by itself."""
        return self._literal("", term) if isinstance(term, ox.Literal) else self._iri("", term.value)

    def _iri(self, predicate: str, iri: str) -> Value:
        if iri.startswith(REGION):
            return Value(self.words.label(iri, self.texts.language) or iri, self.to(f"/region/{iri[len(REGION) :]}"))
        if iri.startswith(CONCEPT):
            label = self.words.label(iri, self.texts.language) or iri
            facet = _FILTERS.get(predicate)
            return Value(
                label, self.to(f"/{self.kind}s?{facet_query(FACETS[facet], iri, self.base)}") if facet else None
            )
        if iri.startswith(f"{self.base}/"):
            return Value(self.names.get(iri) or iri[len(self.base) :], self.to(iri[len(self.base) :]))
        label = self.words.label(iri, self.texts.language) or iri
        return Value(label, web_link(iri), external=True)

    def _position(self, description: Description, node: str, nested: list[Row]) -> Value:
        latitude = description.text(SCHEMA["latitude"].value, subject=node)
        longitude = description.text(SCHEMA["longitude"].value, subject=node)
        try:
            place = urlencode({"mlat": float(latitude or ""), "mlon": float(longitude or "")})
        except ValueError:
            return Value("", rows=nested)
        link = f"https://www.openstreetmap.org/?{place}&zoom=16"
        return Value(f"{latitude}, {longitude} ({self.texts('entity.map')})", link, external=True)


_GEOSPARQL = "http://www.opengis.net/ont/geosparql#"


def facet_query(facet: Facet, value: str, base: str) -> str:
    """The query string that filters by a value, as short as it can be."""
    return urlencode({facet.name: facet.shorten(value, base)})


def web_link(iri: str) -> str | None:
    """The address as a link if it leads to the web, a mailbox or a telephone; None for anything else (javascript:)."""
    try:
        parts = urlsplit(iri.strip())
    except ValueError:
        return None
    if parts.scheme.lower() in ("http", "https"):
        return iri if parts.netloc else None
    return iri if parts.scheme.lower() in ("mailto", "tel") and parts.path else None
