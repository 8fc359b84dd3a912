"""Say something to a person's terminal, which obeys more than it shows.

Names, keys and reasons come from strangers. In them may be escape sequences, which set colours and titles, move the
cursor or wipe what is there, and marks that turn the direction of writing; so what people read has none of them.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.text import Text

# Control characters but for tab and line feed (with C1: some terminals obey U+009B as they do ESC [), and the
# overrides and isolates of writing direction (Unicode UAX #9).
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]")


def plain(text: str) -> str:
    """The text with every character that a terminal would obey written as its number, such as `\\x1b`."""
    return _OBEYED.sub(
        lambda found: f"\\x{ord(found[0]):02x}" if ord(found[0]) < 256 else f"\\u{ord(found[0]):04x}", text
    )


def cell(text: str) -> Text:
    """For a table of rich, which would read [words in brackets] as orders."""
    from rich.text import Text  # a server says what it has to say without it

    return Text(plain(text))


def say(text: str | bytes, *, err: bool = False, nl: bool = True) -> None:
    """Print for a person. Bytes are for machines (JSON), and go out as they are unless they go to a terminal."""
    if isinstance(text, str):
        typer.echo(plain(text), err=err, nl=nl)
    elif sys.stdout.isatty():
        typer.echo(plain(text.decode(errors="replace")), nl=nl)
    else:
        typer.echo(text, nl=nl)
