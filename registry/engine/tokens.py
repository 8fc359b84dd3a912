"""A tokenizer for SPARQL 1.1 and 1.2, as much as it takes to tell keywords from everything that looks like one.

It follows the terminals of the grammar (SPARQL 1.1, 19.8) strictly, because a tokenizer that is more lenient than
the parser behind it can be made to see a string where the parser sees SERVICE.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple

_CODEPOINT = r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}"
_ESCAPE = rf"\\[tbnrf\"'\\]|{_CODEPOINT}"
_NAME = r"[\w.\-\u00b7\u0300-\u036f\u203f\u2040]"

_TOKEN = re.compile(
    rf"""
    (?P<space>   (?: [ \t\r\n]++ | \#[^\r\n]*+ )++ )
  | (?P<string>  \"\"\"(?: [^"\\] | {_ESCAPE} | "(?!"") )*+\"\"\"
              |  '''(?: [^'\\] | {_ESCAPE} | '(?!'') )*+'''
              |  "(?: [^"\\\r\n] | {_ESCAPE} )*+"
              |  '(?: [^'\\\r\n] | {_ESCAPE} )*+' )
  | (?P<iri>     <(?: [^<>"{{}}|^`\\\x00-\x20] | {_CODEPOINT} )*+> )
  | (?P<variable>[?$][\w\u00b7\u0300-\u036f\u203f\u2040]++ )
  | (?P<blank>   _:{_NAME}++ )
  | (?P<language>@[A-Za-z]++(?:-++[A-Za-z0-9]++)*+ )
  | (?P<number>  (?: [0-9]++\.?[0-9]*+ | \.[0-9]++ )(?: [eE][+-]?[0-9]++ )?+ )
  | (?P<name>    (?: [^\W\d_]{_NAME}*+ )?+
                 (?: : (?: {_NAME} | : | %[0-9A-Fa-f]{{2}} | \\[_~.\-!$&'()*+,;=/?\#@%] )*+ ) )
  | (?P<word>    [^\W\d]{_NAME}*+ )
  | (?P<open>    [{{(\[] )
  | (?P<close>   [}})\]] )
  | (?P<stray>   ["'] )
  | (?P<sign>    \^\^ | && | \|\| | . )
    """,
    re.VERBOSE | re.DOTALL,
)


class Sort(Enum):
    """What a token is. A NAME is a prefixed name, a WORD anything else that starts with a letter."""

    STRING = auto()
    IRI = auto()
    VARIABLE = auto()
    BLANK = auto()
    LANGUAGE = auto()
    NUMBER = auto()
    NAME = auto()
    WORD = auto()
    OPEN = auto()
    CLOSE = auto()
    STRAY = auto()  # a quotation mark that begins no string
    SIGN = auto()


_SORTS = {sort.name.lower(): sort for sort in Sort}


class Token(NamedTuple):
    sort: Sort
    text: str
    start: int  # index into the query


def tokens(query: str) -> Iterator[Token]:
    """All tokens but white space and comments, in linear time."""
    for match in _TOKEN.finditer(query):
        group = match.lastgroup
        if group != "space":
            assert group is not None
            yield Token(_SORTS[group], match[group], match.start())
