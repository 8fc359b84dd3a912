"""The formats an answer can be written in, and where a row ends in each, so that a long answer can be cut cleanly."""

from __future__ import annotations

from dataclasses import dataclass

from pyoxigraph import QueryResultsFormat, RdfFormat


@dataclass(frozen=True)
class Format:
    """One result format.

    ``row_mark`` is a byte string that occurs only where a row ends (the writers escape it inside values); the row
    includes the first ``mark_kept`` bytes of it. ``closing`` completes a document that was cut after a row and says
    so where the format has room for that. In a ``quoted`` format a mark between double quotes does not count.
    ``header_rows`` are marked like rows but are none. ``prefixed`` formats can abbreviate IRIs.
    """

    name: str
    media_type: str
    writer: QueryResultsFormat | RdfFormat
    row_mark: bytes
    mark_kept: int
    closing: bytes
    quoted: bool = False
    header_rows: int = 0
    prefixed: bool = False

    @property
    def xml(self) -> bool:
        return self.media_type.endswith("+xml")

    @property
    def mark_opens_next(self) -> bool:
        """Whether the mark includes the beginning of a next row, so that the last row has none."""
        return self.mark_kept < len(self.row_mark)


_TRUNCATED = b"truncated: the answer is longer than this service gives out"
_COMMENT = b"# " + _TRUNCATED + b"\n"

SELECT: dict[str, Format] = {
    f.name: f
    for f in (
        Format(
            "json",
            "application/sparql-results+json",
            QueryResultsFormat.JSON,
            b'},{"',
            1,
            b']},"truncated":true}',
        ),
        Format(
            "xml",
            "application/sparql-results+xml",
            QueryResultsFormat.XML,
            b"</result>",
            9,
            b"</results><!-- " + _TRUNCATED + b" --></sparql>",
        ),
        Format("csv", "text/csv; charset=utf-8", QueryResultsFormat.CSV, b"\n", 1, b"", quoted=True, header_rows=1),
        Format("tsv", "text/tab-separated-values; charset=utf-8", QueryResultsFormat.TSV, b"\n", 1, b"", header_rows=1),
    )
}
"""For SELECT and ASK, the preferred first."""

GRAPH: dict[str, Format] = {
    f.name: f
    for f in (
        Format("turtle", "text/turtle; charset=utf-8", RdfFormat.TURTLE, b" .\n", 3, _COMMENT, prefixed=True),
        Format("ntriples", "application/n-triples", RdfFormat.N_TRIPLES, b"\n", 1, _COMMENT),
        Format("jsonld", "application/ld+json", RdfFormat.JSON_LD, b']},{"@id"', 2, b"]"),
        Format(
            "rdfxml",
            "application/rdf+xml",
            RdfFormat.RDF_XML,
            b"</rdf:Description>",
            18,
            b"<!-- " + _TRUNCATED + b" --></rdf:RDF>",
            prefixed=True,
        ),
        Format("trig", "application/trig", RdfFormat.TRIG, b" .\n", 3, _COMMENT, prefixed=True),
        Format("nquads", "application/n-quads", RdfFormat.N_QUADS, b"\n", 1, _COMMENT),
    )
}
"""For CONSTRUCT and DESCRIBE, the preferred first."""
