"""The console script `orte`."""

from registry.cli.loading import all_at_once

with all_at_once():
    from registry.cli.app import main

__all__ = ["main"]
