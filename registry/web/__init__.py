"""Pages for people: German first, English second; no outside request, no inline script."""

from registry.web.listing import Listing
from registry.web.pages import STATIC, Pages

__all__ = ["STATIC", "Listing", "Pages"]
