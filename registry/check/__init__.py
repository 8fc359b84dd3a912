"""Check records against the shapes: in this process, or spread over several."""

from registry.check.checker import Checker, Checks, distinct, fingerprint, fits
from registry.check.pool import Checkers

__all__ = ["Checker", "Checkers", "Checks", "distinct", "fingerprint", "fits"]
