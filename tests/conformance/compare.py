"""Whether an answer is the one expected: graphs and solutions up to the names of blank nodes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pyoxigraph as ox

RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
_ROW, _INDEX = ox.NamedNode("x:row"), ox.NamedNode("x:index")
SYNTAXES = {".ttl": ox.RdfFormat.TURTLE, ".rdf": ox.RdfFormat.RDF_XML, ".nt": ox.RdfFormat.N_TRIPLES,
            ".nq": ox.RdfFormat.N_QUADS, ".trig": ox.RdfFormat.TRIG}  # fmt: skip
_RESULTS = {".srx": ox.QueryResultsFormat.XML, ".srj": ox.QueryResultsFormat.JSON, ".tsv": ox.QueryResultsFormat.TSV}

XSD = "http://www.w3.org/2001/XMLSchema#"
Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Row = dict[str, Term]


def same_graph(found: bytes, expected: bytes, suffix: str, base: str) -> bool:
    """``found`` is N-Triples."""
    ours = ox.parse(found, ox.RdfFormat.N_TRIPLES)
    theirs = ox.parse(expected, SYNTAXES[suffix], base_iri=base)
    return _canonical(quad.triple for quad in ours) == _canonical(quad.triple for quad in theirs)


def same_results(found: bytes, expected: Path) -> bool:
    """``found`` is SPARQL JSON, or CSV where CSV is expected."""
    content = expected.read_bytes()
    if expected.suffix == ".csv":
        return _table(found) == _table(content)
    ours = ox.parse_query_results(found, format=ox.QueryResultsFormat.JSON)
    if expected.suffix in (".ttl", ".rdf"):
        rows, boolean = _result_set(content, SYNTAXES[expected.suffix], expected.absolute().as_uri())
        if isinstance(ours, ox.QueryBoolean):
            return bool(ours) == boolean
        return _as_graph(_rows(ours)) == _as_graph(rows)
    theirs = ox.parse_query_results(content, format=_RESULTS[expected.suffix])
    if isinstance(ours, ox.QueryBoolean) or isinstance(theirs, ox.QueryBoolean):
        return isinstance(ours, ox.QueryBoolean) and isinstance(theirs, ox.QueryBoolean) and bool(ours) == bool(theirs)
    if {v.value for v in ours.variables} != {v.value for v in theirs.variables}:
        return False
    return _as_graph(_rows(ours)) == _as_graph(_rows(theirs))


def same_solutions(found: bytes, expected: bytes) -> bool:
    """Both are SPARQL JSON."""
    ours, theirs = (ox.parse_query_results(one, format=ox.QueryResultsFormat.JSON) for one in (found, expected))
    if isinstance(ours, ox.QueryBoolean) or isinstance(theirs, ox.QueryBoolean):
        return isinstance(ours, ox.QueryBoolean) and isinstance(theirs, ox.QueryBoolean) and bool(ours) == bool(theirs)
    return _as_graph(_rows(ours)) == _as_graph(_rows(theirs))


def _rows(solutions: ox.QuerySolutions) -> list[Row]:
    names = [variable.value for variable in solutions.variables]
    return [{name: row[name] for name in names if row[name] is not None} for row in solutions]


def _as_graph(rows: Iterable[Row]) -> set[str]:
    """Rows as a graph, one blank node for each: then blank nodes in them are those of one graph, too."""
    triples = []
    for row in rows:
        node = ox.BlankNode()
        triples.append(ox.Triple(node, _ROW, ox.Literal(len(row))))
        triples += [ox.Triple(node, ox.NamedNode(f"x:{name}"), _value(value)) for name, value in row.items()]
    return _canonical(triples)


def _value(term: Term) -> Term:
    """A number by its value: the suites expect one spelling (``2.0``) where engines may choose another (``2``)."""
    if not isinstance(term, ox.Literal):
        return term
    kind = term.datatype.value.removeprefix(XSD)
    try:
        if kind == "decimal":
            return ox.Literal(format(Decimal(term.value).normalize(), "f"), datatype=term.datatype)
        if kind in ("double", "float"):
            return ox.Literal(repr(float(term.value)), datatype=term.datatype)
    except (ArithmeticError, ValueError):
        return term
    return term


def _canonical(triples: Iterable[ox.Triple]) -> set[str]:
    dataset = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return {str(quad) for quad in dataset}


def _table(content: bytes) -> list[list[str]]:
    """Columns by name: those of SELECT * have no order. Blank nodes are all alike here."""
    rows = csv.DictReader(io.StringIO(content.decode(), newline=""))
    header = sorted(rows.fieldnames or ())
    table = [["_:" if row[name].startswith("_:") else row[name] for name in header] for row in rows]
    return [header, *sorted(table)]


def _result_set(content: bytes, syntax: ox.RdfFormat, base: str) -> tuple[list[Row], bool | None]:
    """Results in the RDF vocabulary of the first test suite."""
    store = ox.Store()
    store.load(content, format=syntax, base_iri=base)

    def values(subject: ox.NamedNode | ox.BlankNode | None, name: str) -> list[ox.Quad]:
        return list(store.quads_for_pattern(subject, ox.NamedNode(RS + name), None))

    booleans = [quad.object for quad in values(None, "boolean") if isinstance(quad.object, ox.Literal)]
    if booleans:
        return [], booleans[0].value == "true"
    rows = []
    for solution in values(None, "solution"):
        row: Row = {}
        for binding in values(solution.object, "binding"):  # type: ignore[arg-type]
            (variable,), (value,) = values(binding.object, "variable"), values(binding.object, "value")  # type: ignore[arg-type]
            row[variable.object.value] = value.object  # type: ignore[union-attr]
        rows.append(row)
    return rows, None
