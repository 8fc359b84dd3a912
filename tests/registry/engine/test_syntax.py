"""A syntax error names the place where the mistake is, not where the parser has looked last."""

from __future__ import annotations

import time

import pytest
from pyoxigraph import Store

from registry.engine.syntax import explain

CASES = [
    ("SELECT *\nWHERE { ?s ?p }", 2, 15, "“}” cannot stand here"),
    ("SELECT *\nWHERE { ?s ?p ?o ?x }", 2, 18, "“?x” cannot stand here"),
    ("SELECT *\n# a comment }}\nWHER { ?s ?p ?o }", 3, 1, "“WHER” cannot stand here"),
    ("SELECT *\r\nWHERE { ?s ?p ?o }}", 2, 19, "“}” cannot stand here"),
    ("SELECT * { ?s ?p ?o", 1, 20, "ends too early"),
    ("", 1, 1, "ends too early"),
    ("hello", 1, 1, "“hello” cannot stand here"),
    ("ASK {} LIMIT x", 1, 14, "“x” cannot stand here"),
    ("SELECT ?ä\nWHERE { ?s 'ää' ?o }", 2, 12, "“'ää'” cannot stand here"),
    ("SELECT * { ?s ?p 'x'^^ }", 1, 24, "“}” cannot stand here"),
    ("SELECT ?a, ?b { ?a ?b ?c }", 1, 10, "“,” cannot stand here"),
    ("SELECT * { ?s <relative> ?o }", 1, 15, "“<relative>” is not an absolute IRI"),
    ("SELECT (COUNT(*) AS ?n) ?s { ?s ?p ?o }", 1, 40, "the SELECT contains a variable that is unbound"),
    ("SELECT (1 AS ?x) (2 AS ?x) {}", 1, 30, "duplicated variable name in SELECT"),
    ("SELECT * { ?s ?p '" + "long " * 20 + "' ?o }", 1, 121, "“?o” cannot stand here"),
    ("SELECT * '" + "long " * 20 + "' {}", 1, 10, "“'long long long long long long long long…” cannot"),
]


@pytest.mark.parametrize(("query", "line", "column", "sentence"), CASES)
def test_place_and_reason(query: str, line: int, column: int, sentence: str) -> None:
    with pytest.raises(SyntaxError) as error:
        Store().query(query)
    message, *place = explain(query, str(error.value))
    assert (place, sentence in message) == ([line, column], True), message
    assert f"line {line}, column {column}" in message
    assert message.endswith(".")


def test_a_message_without_a_place() -> None:
    assert explain("ASK {}", "no idea") == ("The query is not valid SPARQL: no idea.", None, None)


def test_a_mistake_at_the_end_of_a_long_query_is_found_fast() -> None:
    query = "SELECT * { " + "{ ?s ?p ?o } UNION " * 3000 + "{ ?s ?p } }"
    started = time.process_time()
    _, line, column = explain(query, "error at 1:1: expected nothing")
    assert (line, column) == (1, query.rindex("?p }") + 4)
    assert time.process_time() - started < 3
