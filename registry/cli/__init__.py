"""The console script `orte`."""

from registry.uncollected import uncollected

with uncollected():  # what is imported stays
    from registry.cli.app import main

__all__ = ["main"]
