"""Reports: what is wrong with a source or with what somebody hands in, in every form there is."""

from registry.report.flat import lines_of_text, plain_json, table
from registry.report.model import SEVERITIES, BadCursor, Filters, Line, Report, of_lines, of_source
from registry.report.rdf import description, document

__all__ = [
    "SEVERITIES",
    "BadCursor",
    "Filters",
    "Line",
    "Report",
    "description",
    "document",
    "lines_of_text",
    "of_lines",
    "of_source",
    "plain_json",
    "table",
]
