"""JSON-LD contexts from our own table only; nothing is ever fetched because a document says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_IRI = {"@type": "@id"}


def _schema_org(*terms: str) -> dict[str, Any]:
    # What the published context says about the terms that places and organisations use, under the https addresses.
    return {
        "@vocab": "https://schema.org/",
        "schema": "https://schema.org/",
        "id": "@id",
        "type": "@type",
        **{term: {"@id": f"https://schema.org/{term}", **_IRI} for term in terms},
    }


_SCHEMA_ORG = _schema_org(
    *("additionalType", "contentUrl", "discussionUrl", "downloadUrl", "embedUrl", "hasMap", "image", "installUrl"),
    *("license", "logo", "mainEntityOfPage", "map", "photo", "sameAs", "screenshot", "significantLink", "target"),
    *("targetUrl", "thumbnailUrl", "url", "urlTemplate", "usageInfo"),
)

KNOWN: Mapping[str, Any] = {
    f"{scheme}://{host}{path}": _SCHEMA_ORG
    for scheme in ("http", "https")
    for host in ("schema.org", "www.schema.org")
    for path in ("", "/", "/docs/jsonldcontext.json", "/docs/jsonldcontext.jsonld")
}
"""Contexts by the addresses that documents use for them."""


class ContextRefused(Exception):
    """Which context a document wants and does not get, as the end of a sentence."""


def with_local_contexts(document: Any, contexts: Mapping[str, Any]) -> Any:
    """The document with every context address replaced by that context. Nesting must have been checked before."""
    table = {**KNOWN, **contexts}

    def replaced(value: Any, *, context: bool) -> Any:
        if isinstance(value, list):
            return [replaced(member, context=context) for member in value]
        if isinstance(value, dict):
            if context and "@import" in value:
                raise ContextRefused("imports a remote JSON-LD context, which is not fetched.")
            return {name: replaced(member, context=name == "@context") for name, member in value.items()}
        if context and isinstance(value, str):
            if value not in table:
                shown = value if len(value) <= 120 else value[:117] + "..."
                raise ContextRefused(
                    f"uses the remote JSON-LD context {shown!r}, which is not fetched; give it in [read.contexts]."
                )
            return _inner(table[value])
        return value

    return replaced(document, context=False)


def _inner(context: Any) -> Any:
    """A context document as the context itself."""
    return context["@context"] if isinstance(context, Mapping) and "@context" in context else context
