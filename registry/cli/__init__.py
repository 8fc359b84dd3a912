"""The console script `orte`."""

import os

from registry.uncollected import uncollected

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy orders and counts here; its threads only delay a start

with uncollected():  # what is imported stays
    from registry.cli.app import main

__all__ = ["main"]
