"""Where exactly a query is wrong.

Oxigraph reports the furthest place its parser has looked at, and it looks ahead by the length of a keyword: the
position can be words beyond the mistake, on the next line even. So the mistake is searched for: it is the first
token that the tokens before it cannot be followed by.
"""

from __future__ import annotations

import re

from pyoxigraph import Store

from registry.engine.tokens import Sort, Token, tokens

_POSITION = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)
_REASON = re.compile(r"[A-Z][a-z]+(?: [\w.<>:/#?]+)+")
_LONGEST = 40  # characters of the query that are quoted
_AHEAD = "\n" * 64 + "\0"  # further than the longest keyword, then something that is wrong everywhere


def explain(query: str, message: str) -> tuple[str, int | None, int | None]:
    """A sentence for whoever wrote the query, with line and column (from 1). ``message`` is Oxigraph's."""
    reported = _POSITION.match(message)
    if not reported:
        return f"The query is not valid SPARQL: {message}.", None, None
    reasons = [reason for reason in _REASON.findall(reported[3]) if not reason.startswith("Prefix")]
    wrong = _first_wrong(query)
    if wrong is None:
        line, column = _place(query, len(query.rstrip()))
        sentence = "it ends too early"
    else:
        line, column = _place(query, wrong.start)
        text = wrong.text if len(wrong.text) <= _LONGEST else wrong.text[:_LONGEST] + "…"
        sentence = f"“{text}” cannot stand here"
        if "IRI parsing failed" in reported[3] and wrong.sort is Sort.IRI:
            sentence = f"“{text}” is not an absolute IRI"
    if reasons:
        sentence = reasons[0][0].lower() + reasons[0][1:]
    return f"The query is not valid SPARQL at line {line}, column {column}: {sentence}.", line, column


def _first_wrong(query: str) -> Token | None:
    """The first token that no query could have there; None when the query is only too short. Logarithmic in tokens."""
    found = list(tokens(query))
    low, high = 0, len(found)  # the first ``low`` tokens are fine, the first ``high`` + 1 are not
    while low < high:
        middle = (low + high + 1) // 2
        if _may_go_on(query[: found[middle - 1].start + len(found[middle - 1].text)]):
            low = middle
        else:
            high = middle - 1
    return found[low] if low < len(found) else None


def _may_go_on(beginning: str) -> bool:
    """Whether a query can begin like this: then the parser gets as far as what is wrong everywhere."""
    padded = beginning + _AHEAD
    try:
        Store().query(padded)
    except SyntaxError as error:
        reported = _POSITION.match(str(error))
        return reported is not None and int(reported[1]) > padded.count("\n")
    return False


def _place(query: str, index: int) -> tuple[int, int]:
    before = query[:index]
    return before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1
