"""The console script `orte`."""

from registry.cli.app import main

__all__ = ["main"]
