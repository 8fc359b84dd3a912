"""The console script `orte`."""

import os
import sys

from registry.ahead import read_ahead
from registry.uncollected import uncollected

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy orders and counts here; its threads only delay a start

if {"serve", "run"} & set(sys.argv[1:]):
    read_ahead()

with uncollected():  # what is imported stays
    from registry.cli.app import main

__all__ = ["main"]
