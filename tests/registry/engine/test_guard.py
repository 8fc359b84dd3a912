"""The guard sees what the parser sees, whatever a query is dressed up as."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, Store

from registry.engine import QueryRefused, inspect
from registry.engine.tokens import tokens

ELSEWHERE = "<http://127.0.0.1:9/>"  # a port that Oxigraph refuses by itself, and says so

DISGUISES = [
    "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "SELECT * { sErViCe <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "SELECT * { SERVICE SILENT <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "SELECT * { SERVICESILENT<http://127.0.0.1:9/>{ ?s ?p ?o } }",
    "SELECT * { SERVICE# comment\n<http://127.0.0.1:9/> { ?s ?p ?o } }",
    "SELECT * { { SELECT * { OPTIONAL { SERVICE ?where { ?s ?p ?o } } } } }",
    "SELECT * { VALUES ?where { <http://127.0.0.1:9/> } SERVICE?where{ ?s ?p ?o } }",
    "PREFIX : <http://127.0.0.1:9/> SELECT * { SERVICE:x { ?s ?p ?o } }",
    "PREFIX : <http://127.0.0.1:9/> PREFIX SERVICE: <http://e/> SELECT * { SERVICE:x { ?s ?p ?o } }",
    "PREFIX : <http://127.0.0.1:9/> SELECT * { OPTIONAL {} SERVICESILENT:x { ?s ?p ?o } }",
    "SELECT * { ?s ?p trueSERVICE<http://127.0.0.1:9/>{ ?s ?p ?o } }",
    "SELECT * { ?s ?p 1SERVICE<http://127.0.0.1:9/>{ ?s ?p ?o } }",
    "SELECT * { ?s ?p 1e5SERVICE<http://127.0.0.1:9/>{ ?s ?p ?o } }",
    "SELECT * { ?s ?p 'a'SERVICE<http://127.0.0.1:9/>{ ?s ?p ?o } }",
    "SELECT * { FILTER(?a<?b)SERVICE#>\n<http://127.0.0.1:9/> { ?s ?p ?o } }",
    "SELECT * { FILTER(?a<?b&&?c='>' ) SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } #'\n}",
    "SELECT * { FILTER(?a<?b#>'''\n) SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } #'''\n}",
    "SELECT * { FILTER(?a<(?b+?c>1)&&?e<?d&&?f='>' ) SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } #'\n}",
    'SELECT * { VALUES ?v { """" } SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } } #\\x """',
    "SELECT * { SERV\\u0049CE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "SELECT * { ?s ?p '\\u0027 SERVICE <http://127.0.0.1:9/> {} \\u0027' }",
    "SELECT * { \\U00000053ERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "ASK { GRAPH ?g { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } } }",
    "CONSTRUCT { ?s ?p ?o } WHERE { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "DESCRIBE ?s { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "SELECT * { ?s ?p ?o FILTER EXISTS { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } } }",
    "SELECT * { ?s ?p ?o MINUS { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } } }",
]

HARMLESS = [
    "SELECT ?SERVICE $SERVICE { ?SERVICE ?p $SERVICE }",
    "PREFIX ex: <http://e/> SELECT * { ?s ex:SERVICE ex:LOAD }",
    "PREFIX service: <http://e/service#> SELECT * { ?s service:kind service:desk }",
    "PREFIX service: <http://e/service#> SELECT * { GRAPH service:all { ?s ?p ?o } }",
    "PREFIX service: <http://e/service#> DESCRIBE service:desk { ?s ?p ?o }",
    "SELECT * { ?s ?p 'SERVICE <http://e/> {' }",
    'SELECT * { ?s ?p """SERVICE "quoted" <http://e/>\n{""" }',
    "SELECT * { ?s ?p '''it's SERVICE''' }",
    "SELECT * { ?s ?p 'say \\'SERVICE\\' \\\\' }",
    "SELECT * { <http://e/service/SERVICE#x> ?p ?o } # SERVICE <http://e/>",
    "SELECT * { ?s ?p _:SERVICE . ?s ?p 'dienst'@de }",
    "SELECT * { ?s ?p ?o FILTER(?o<3&&?o>1) FILTER(?o <3 && '>' != ?s) }",
    "SELECT * { ?s <urn:x:y#z> ?o ; <#service> (<http://de.wikipedia.org/wiki/Dienst_(Service)#a> 1) }",
    "BASE <http://e/> SELECT * { ?s ?p ?o FILTER(?s IN (<a>, <b'c>, <#service>)) }",
    "PREFIX ex: <http://e/> SELECT * { ?s ex:a\\'b ex:c\\#d ; ex:%20 1.5e3, .5, -1. }",
    "SELECT * { ?s ?p 'M\\u00FCller', \"Stra\\u00dfe\" }",
]


@pytest.mark.parametrize("query", DISGUISES)
def test_service_is_refused_in_every_disguise(query: str) -> None:
    with pytest.raises(QueryRefused):
        inspect(query)


@pytest.mark.parametrize("query", HARMLESS)
def test_what_only_looks_like_service_is_let_through(query: str) -> None:
    assert inspect(query).form in ("SELECT", "DESCRIBE")


def test_no_random_query_reaches_service_past_the_guard() -> None:
    """Oxigraph is the judge: what makes it try to connect, the guard must have refused."""
    services = [
        f"SERVICE{ELSEWHERE}{{?s ?p ?o}}",
        "SERVICE:x{?s ?p ?o}",
        f"SERVICE#>\n{ELSEWHERE}{{}}",
        "SERVICE#'\n:x{}",
        "SERVICESERVICE:x{}",
        "sErViCe ex:x{}",
        "SERVICE#'''\n:x{}",
    ]
    pieces = (
        "{ } ( ) [ ] < > ?a ?b \" ' \"\"\" ''' # \n . ; , \\ \\x \\u0022 a : ex: ex:a SERVICE: SERVICE FILTER( BIND( AS"
    )
    fragments = [
        *pieces.split(" "),
        "&&",
        "=",
        "/",
        "|",
        "@en",
        "1",
        "1e5",
        "true",
        "OPTIONAL{",
        "VALUES ?v {",
        "<?b#>",
    ]
    fragments += ["<?b)", "<?a&&?b='>", "<a#b>", "{}", "?s ?p ?o", "FILTER(?a<?b", "'y'", "\\'", " "]
    templates = [
        "FILTER(?a<%s)%s %s",
        "FILTER(1<2%s)%s%s",
        "?s ?p %s%s%s",
        "VALUES ?v {%s}%s%s",
        "%s%s%s",
        "FILTER(?a<%s\n)%s#%s",
        "FILTER(?a<?b&&?c=%s)%s#%s",
    ]
    ends = ["}", "}", "}#'", '}#"', "#'\n}", "#>\n}", "}#>'''", '}#"""', "}#'>"]
    choose = random.Random(20260)
    store = Store()
    store.add(Quad(NamedNode("http://e/s"), NamedNode("http://e/p"), Literal("x")))

    def some(most: int) -> str:
        return "".join(choose.choice(fragments) for _ in range(choose.randint(0, most)))

    reached = 0
    for _ in range(40_000):
        query = f"PREFIX : {ELSEWHERE} PREFIX ex: {ELSEWHERE} SELECT * {{"
        query += choose.choice(templates) % (some(4), some(1) + choose.choice(services), some(3)) + choose.choice(ends)
        try:
            list(store.query(query))  # type: ignore[arg-type]
        except OSError as error:
            reached += "port 9" in str(error)
            with pytest.raises(QueryRefused):
                inspect(query)
        except (SyntaxError, RuntimeError, ValueError):
            continue
    assert reached > 100  # or this test proves nothing


@pytest.mark.parametrize(
    "update",
    [
        "LOAD <http://127.0.0.1/>",
        "lo\\u0061d <http://127.0.0.1/>",
        "# harmless\nPREFIX a: <http://e/> Load SILENT <file:///etc/passwd> INTO GRAPH <http://e/>",
        "INSERT DATA { <a:b> <a:b> <a:b> }",
        "WITH <http://e/> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "BASE <http://e/> DROP ALL",
        "CLEAR DEFAULT",
    ],
)
def test_updates_are_refused_in_words(update: str) -> None:
    with pytest.raises(QueryRefused, match="takes no updates"):
        inspect(update)


@pytest.mark.parametrize(
    ("query", "form"),
    [
        ("SELECT * {}", "SELECT"),
        ("# ASK\nPREFIX select: <http://ask/> BASE <http://e/> ask{}", "ASK"),
        ("select(1 AS ?x){}", "SELECT"),
        ("PREFIX ex: <http://e/>\nCONSTRUCT WHERE { ?s ex:ask ?o }", "CONSTRUCT"),
        ("DESCRIBE <http://e/select>", "DESCRIBE"),
        ("SELECTDISTINCT*{}", "SELECT"),
        ("VERSION '1.2' ASK {}", "ASK"),
        ("hello", None),
        ("", None),
    ],
)
def test_form(query: str, form: str | None) -> None:
    assert inspect(query).form == form


def test_dataset_of_the_query_itself() -> None:
    assert inspect("DESCRIBE <a:b> FROM <http://e/g>").dataset
    assert not inspect("PREFIX from: <http://e/> DESCRIBE ?from { ?from from:from 'FROM' }").dataset


def test_refusals_say_where() -> None:
    with pytest.raises(QueryRefused, match=r"line 3, column 5") as refused:
        inspect("SELECT *\n{\n    SERVICE <http://e/> {} }")
    assert (refused.value.line, refused.value.column) == (3, 5)


@pytest.mark.parametrize(("opening", "closing"), ["{}", "()", "[]"])
def test_deep_nesting_is_refused(opening: str, closing: str) -> None:
    with pytest.raises(QueryRefused, match="brackets within brackets"):
        inspect("SELECT * {" + opening * 5000 + closing * 5000 + "}")
    inspect("SELECT * {" + opening * 99 + closing * 99 + "}")


def test_width_is_not_depth() -> None:
    inspect("SELECT * {" + "{ ?s ?p (1 2) } UNION " * 500 + "{} }")


def test_brackets_in_strings_do_not_count() -> None:
    inspect("SELECT * { ?s ?p '" + "(" * 5000 + "' }")


def test_long_queries_are_refused() -> None:
    with pytest.raises(QueryRefused, match="65537 bytes long; at most 65536"):
        inspect("ASK {}" + "#" * (64 * 2**10 - 5))


def test_strings_that_do_not_end_are_refused_where_they_begin() -> None:
    with pytest.raises(QueryRefused, match="line 1, column 12"):
        inspect("ASK { ?s a 'abc\n }")


@pytest.mark.parametrize(
    "unit", ["a.", "<a", "'''", '"""', "\"'", "?", "a:", "\\u0027", "<'", "(", "[ ", "_:a.", "@a-", "1.", "#\n", "''' "]
)
def test_tokens_take_linear_time(unit: str) -> None:
    """64 KiB of anything must not hold up the process that serves everybody else."""
    text = unit * (64 * 2**10 // len(unit))
    started = time.process_time()
    for _ in tokens(text):
        pass
    assert time.process_time() - started < 1.0  # some 0.03 s; quadratic behaviour would take minutes


@given(st.text(alphabet="{}()[]<>?$\"'#\n\\ aSERVICE:_@1.-e%ü\u0300/*", max_size=60))
def test_tokens_cover_everything_but_space_and_comments(text: str) -> None:
    position = 0
    for token in tokens(text):
        between = text[position : token.start]
        assert all(line.strip(" \t\r") == "" or "#" in line for line in between.split("\n"))
        assert text[token.start :].startswith(token.text)
        position = token.start + len(token.text)


def test_undeclared_prefix_is_named() -> None:
    refused = inspect("SELECT * { ?s foaf:name ?o }").explain(QueryRefused("Parser says so.", line=1, column=20))
    assert "foaf:" in str(refused)
    assert "Parser says so." in str(refused)
    declared = inspect("PREFIX foaf: <http://e/> SELECT * { ?s foaf:name }")
    original = QueryRefused("Parser says so.", line=1, column=20)
    assert declared.explain(original) is original
