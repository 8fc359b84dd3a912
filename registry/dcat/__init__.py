"""The catalogue as portals read it: DCAT-AP 3, DCAT-AP.de, dumps with checksums, and a feed of the descriptions."""

from registry.dcat.announcing import announce
from registry.dcat.catalog import PAGE_SIZE, Catalog

__all__ = ["PAGE_SIZE", "Catalog", "announce"]
