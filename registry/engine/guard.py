"""Before a query is evaluated: what it is, and whether it may be.

The second line of defence is in the worker, which cannot open a descriptor and can be killed; the guard is there to
say clearly what is wrong, and not to waste a worker on it.
"""

from __future__ import annotations

import re
from asyncio import to_thread
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from registry.engine.errors import EngineError, QueryRefused
from registry.engine.tokens import Sort, Token, tokens

Form = Literal["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"]

_FORMS: tuple[Form, ...] = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
_UPDATES = ("INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH")
_CODEPOINT = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_ABSOLUTE = re.compile(r"<[A-Za-z][A-Za-z0-9+.\-]*://")  # cannot be read as a comparison: "//" is no operator
_SHORT = 4000  # characters that are read at once, whatever they are
_CONFUSING = re.compile(r"['#()\[\]]|service", re.IGNORECASE)


@dataclass(frozen=True)
class Inspection:
    """What the tokens of a query say about it.

    ``form`` is None when the query has no recognisable form, which the parser will complain about. ``dataset`` says
    whether the query has FROM clauses of its own. ``undeclared`` are prefixes used without declaration.
    """

    form: Form | None
    dataset: bool
    undeclared: tuple[str, ...]

    def explain(self, error: EngineError) -> EngineError:
        """The error with a likelier reason: the parser reports an undeclared prefix as something else altogether."""
        if isinstance(error, QueryRefused) and error.line is not None and self.undeclared:
            names = ", ".join(f"{name}:" for name in self.undeclared)
            hint = f"The query uses {names} without declaring it: PREFIX {self.undeclared[0]}: <…>. {error.message}"
            return QueryRefused(hint, line=error.line, column=error.column)
        return error


async def inspected(query: str, max_bytes: int, max_depth: int) -> Inspection:
    """As ``inspect``, without keeping the event loop from others: 64 KB of single signs take 0.6 s."""
    if len(query) < _SHORT:
        return inspect(query, max_bytes, max_depth)
    return await to_thread(inspect, query, max_bytes, max_depth)


@lru_cache(maxsize=256)
def inspect(query: str, max_bytes: int = 64 * 2**10, max_depth: int = 100) -> Inspection:
    """Raises QueryRefused with a sentence when the query is too long, nests too deeply, updates or asks elsewhere.

    ``max_bytes`` is the length of the query in UTF-8, ``max_depth`` the number of brackets of any kind within
    brackets: the parser and the evaluator recurse, and some thousand levels overflow their stack.
    """
    try:
        size = len(query.encode())
    except UnicodeEncodeError as error:
        raise QueryRefused(f"The query has half a character at position {error.start + 1}; send it as UTF-8.") from None
    if size > max_bytes:
        raise QueryRefused(f"The query is {size} bytes long; at most {max_bytes} are accepted.")
    found = list(tokens(query))
    _check_strings(query, found)
    _check_depth(query, found, max_depth)
    for reading in (found, _as_decoded(query)):
        _check_update(query, reading)
        _check_service(query, reading)
    words = [token.text.upper() for token in found if token.sort is Sort.WORD]
    return Inspection(_form(found), any(word.startswith("FROM") for word in words), _undeclared(found))


def _as_decoded(query: str) -> list[Token]:
    """The tokens after code point escapes are resolved, as SPARQL 1.1 (19.2) wants it and Oxigraph does not do."""
    if "\\u" not in query and "\\U" not in query:
        return []
    return list(tokens(_CODEPOINT.sub(_decoded, query)))


def _decoded(escape: re.Match[str]) -> str:
    number = int(escape[1] or escape[2], 16)
    return chr(number) if number <= 0x10FFFF else escape[0]


def _check_strings(query: str, found: list[Token]) -> None:
    for token in found:
        if token.sort is Sort.STRAY:
            raise _refusal("A string begins that is not closed, or has a wrong escape", query, token)


def _check_depth(query: str, found: list[Token], most: int) -> None:
    depth = 0
    for token in found:
        if token.sort is Sort.OPEN:
            depth += 1
            if depth > most:
                raise _refusal(f"The query has more than {most} brackets within brackets", query, token)
        elif token.sort is Sort.CLOSE:
            depth -= 1


def _check_update(query: str, found: list[Token]) -> None:
    for token in _after_prologue(found):
        if token.text.upper().startswith(_UPDATES):
            raise _refusal(
                "This endpoint answers queries and takes no updates; the catalogue changes through its sources",
                query,
                token,
            )
        return


def _check_service(query: str, found: list[Token]) -> None:
    """The parser wants no space around keywords: ``trueSERVICE<…>{`` and ``SERVICE:name{`` are SERVICE to it."""
    within: list[str] = []
    before = Token(Sort.SIGN, "", 0)
    for token, after in pairwise([*found, Token(Sort.SIGN, "", len(query))]):
        if token.sort is Sort.OPEN:
            within.append(token.text)
        elif token.sort is Sort.CLOSE and within:
            within.pop()
        elif token.sort is Sort.WORD and "service" in token.text.casefold():
            raise _no_service(query, token)
        elif token.sort is Sort.NAME and within and after.text == "{":
            prefix = token.text.partition(":")[0].casefold()
            if "service" in prefix and not before.text.upper().endswith("GRAPH"):
                raise _no_service(query, token)
        elif token.sort is Sort.IRI and within and within[-1] == "(" and _may_be_comparison(token, before):
            raise _refusal("This < may begin an IRI or a comparison; put a space after it", query, token)
        before = token


def _may_be_comparison(token: Token, before: Token) -> bool:
    """Whether what has the shape of an IRI could be ``< ?b && ?c = '`` or ``< ?b) SERVICE #`` to the parser.

    That needs an operand before it. Where both readings go on alike after the ``>`` it does not matter which is right.
    """
    if before.sort in (Sort.OPEN, Sort.SIGN) or _ABSOLUTE.match(token.text):
        return False
    return _CONFUSING.search(token.text) is not None


def _no_service(query: str, token: Token) -> QueryRefused:
    return _refusal("SERVICE is not answered here: this endpoint asks no other. Ask that one yourself", query, token)


def _after_prologue(found: list[Token]) -> list[Token]:
    """The words of the query, from the one that names its form or operation."""
    words = [token for token in found if token.sort is Sort.WORD]
    for index, word in enumerate(words):
        if not word.text.upper().startswith(("PREFIX", "BASE", "VERSION")):
            return words[index:]
    return []


def _form(found: list[Token]) -> Form | None:
    words = _after_prologue(found)
    first = words[0].text.upper() if words else ""
    return next((form for form in _FORMS if first.startswith(form)), None)


def _undeclared(found: list[Token]) -> tuple[str, ...]:
    declared: set[str] = set()
    used: dict[str, None] = {}
    before = ""
    for token in found:
        if token.sort is Sort.NAME:
            prefix = token.text.partition(":")[0]
            if before == "PREFIX":
                declared.add(prefix)
            else:
                used[prefix] = None
        before = token.text.upper()
    return tuple(prefix for prefix in used if prefix not in declared)


def _refusal(sentence: str, query: str, token: Token) -> QueryRefused:
    before = query[: token.start]
    line = before.count("\n") + 1
    column = token.start - (before.rfind("\n") + 1) + 1
    return QueryRefused(f"{sentence} (line {line}, column {column}).", line=line, column=column)
