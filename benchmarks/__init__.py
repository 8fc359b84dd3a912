"""Runnable comparisons: `python -m benchmarks` runs the short form of all, `python -m benchmarks.NAME` one of them."""
