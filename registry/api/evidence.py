"""Who says what about an entity: the page at `/{kind}/{id}/evidence`, and the same as data."""

from __future__ import annotations

from fastapi import APIRouter, Request

from registry.api import aspects
from registry.api.catalogue import Catalogue
from registry.api.profiles import EVIDENCE_PROFILE, write_evidence
from registry.evidence import evidence
from registry.formats import Format
from registry.formats.media import HTML
from registry.ledger import Entity, Ledger
from registry.web.evidence import evidence_page

router = APIRouter(tags=["entities"])

FORMATS = (*EVIDENCE_PROFILE.formats, HTML)


def entity_evidence(request: Request, catalogue: Catalogue, ledger: Ledger, found: Entity, format: Format) -> bytes:
    """For every value which records say it, from which source and page, under which licence, since when; what was
    chosen where they differ, what was derived, and why these records are one. The same as `?profile=evidence`."""
    if format is HTML:
        return evidence_page(catalogue.pages, request, ledger, evidence(ledger, found), FORMATS)
    return write_evidence(catalogue, ledger, found, format)


aspects.serve(router, "evidence", FORMATS, entity_evidence)
