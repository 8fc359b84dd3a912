"""Cleaning functions for lifts: from what real records carry to a valid value, or to none and a finding that says why.

Each takes text and returns a value or None; what it could not use or had to repair it tells its `report`. Spelling is
brought into one form silently; a `Finding` is made wherever somebody could disagree with the change. A new cleaning
function is written in the file of its concept and named in `table.py`.
"""

from harvesters.clean.custom import as_custom_functions
from harvesters.clean.finding import Finding, Report, ignore
from harvesters.clean.table import FUNCTIONS, Cleaner

__all__ = ["FUNCTIONS", "Cleaner", "Finding", "Report", "as_custom_functions", "ignore"]
