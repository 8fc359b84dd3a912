"""Small changes to the text of a query that has passed the guard and our own parser."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

from registry.engine.tokens import Sort, Token, tokens


def hiding(query: str, graphs: Iterable[str]) -> str:
    """The query with ``GRAPH ?g { … }`` never meeting these graphs.

    A filter behind the pattern says so, in the same group: ?g is bound by the pattern, so every solution of the group
    has it, and where in the group a filter stands does not matter (SPARQL 1.1, 18.2.2.2). Oxigraph leaves ?g unbound
    where the pattern is a subquery; that is no reason to lose the solution.
    """
    unwanted = ", ".join(f"<{graph}>" for graph in graphs)
    if not unwanted:
        return query
    found = list(tokens(query))
    inserted: list[tuple[int, str]] = []
    within: list[str] = []  # for every open bracket the variable of the GRAPH that it belongs to, or nothing
    for index, token in enumerate(found):
        if token.sort is Sort.OPEN:
            within.append(_graph_variable(found, index))
        elif token.sort is Sort.CLOSE and within and (variable := within.pop()):
            inserted.append((token.start + 1, f" FILTER(!BOUND({variable}) || {variable} NOT IN ({unwanted}))"))
    return _with(query, inserted)


def based(query: str, base: str | None) -> str:
    """The query with a base IRI, unless it has one: SPARQL 1.0, which some engines speak, allows a single BASE."""
    words = (token.text.upper() for token in tokens(query) if token.sort is Sort.WORD)
    prologue = takewhile(lambda word: word in ("BASE", "PREFIX"), words)
    return query if base is None or "BASE" in prologue else f"BASE <{base}> {query}"


def without_dataset(query: str) -> str:
    """The query without FROM and FROM NAMED, which a dataset in the request replaces (SPARQL 1.1 Protocol, 2.1.4)."""
    found = list(tokens(query))
    depth = 0
    characters = list(query)
    for index, token in enumerate(found):
        depth += (token.sort is Sort.OPEN) - (token.sort is Sort.CLOSE)
        if depth or token.sort is not Sort.WORD or token.text.upper() != "FROM":
            continue
        named = index + 1 < len(found) and found[index + 1].text.upper() == "NAMED"
        last = found[min(index + 1 + named, len(found) - 1)]
        end = last.start + len(last.text)
        characters[token.start : end] = " " * (end - token.start)
    return "".join(characters)


def _graph_variable(found: list[Token], opening: int) -> str:
    if found[opening].text != "{" or opening < 2 or found[opening - 1].sort is not Sort.VARIABLE:
        return ""
    word = found[opening - 2]
    return found[opening - 1].text if word.sort is Sort.WORD and word.text.upper().endswith("GRAPH") else ""


def _with(query: str, inserted: list[tuple[int, str]]) -> str:
    for place, text in sorted(inserted, reverse=True):
        query = query[:place] + text + query[place:]
    return query
