"""Check records against the shapes."""

from typing import TYPE_CHECKING, Any

from registry.check.late import LateChecker
from registry.check.verdict import Checks, distinct, fingerprint, fits

if TYPE_CHECKING:
    from registry.check.checker import Checker

__all__ = ["Checker", "Checks", "LateChecker", "distinct", "fingerprint", "fits"]


def __getattr__(name: str) -> Any:
    """The checker when it is first asked for: pyshacl loads slowly, and a harvest without changes never needs it."""
    if name == "Checker":
        from registry.check.checker import Checker

        return Checker
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
