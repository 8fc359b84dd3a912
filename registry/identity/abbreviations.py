"""Names that are short for others: by initials, or by the beginnings of syllables."""

from __future__ import annotations

import re
from functools import lru_cache

from registry.identity.names import Name
from registry.identity.words import fold


def is_short_for(short: Name, long: Name, places: frozenset[str]) -> bool:
    """Whether a name begins with the other's initials ("NBL" for "Noch besser leben"), in order, each word giving at
    least one letter, or with the beginnings of its syllables ("KuHa" for "Kulturhaus")."""
    tokens = _short_forms(short)
    if not tokens:
        return False
    content = [word.text for word in long.content if word.text not in places]
    return any(
        fold(token) not in content and (_initials(token, content) or _syllables(token, content)) for token in tokens
    )


@lru_cache(maxsize=50_000)
def _short_forms(name: Name) -> tuple[str, ...]:
    """The words in the first part of a name that look like an abbreviation: "NBL", "KuHa", or a short word alone."""
    first = {word.text for word in name.parts[0]} if name.parts else set()
    tokens = [token for token in re.findall(r"[^\W\d_]+", name.text) if 3 <= len(token) <= 6 and fold(token) in first]
    alone = len(name.content) == 1
    return tuple(token for token in tokens if alone or token.isupper() or _CAMEL.fullmatch(token))


_CAMEL = re.compile(r"(?:[A-ZÄÖÜ][a-zäöüß]{1,2}){2,}")
_SYLLABLE = re.compile(r"[A-ZÄÖÜ][a-zäöüß]+")


def _initials(token: str, content: list[str]) -> bool:
    if len(content) < 2:
        return False
    letters, firsts = fold(token), [text[0] for text in content]
    if "".join(firsts) == letters:
        return True
    if not token.isupper() or len(letters) < len(content):
        return False
    joined, at = " ".join(content), 0
    for letter in letters:  # every letter in order, and every word's first letter among them
        at = joined.find(letter, at) + 1
        if at == 0:
            return False
    return letters[0] == firsts[0] and all(first in letters for first in firsts)


def _syllables(token: str, content: list[str]) -> bool:
    joined, at = "".join(content), 0
    pieces = [fold(piece) for piece in _SYLLABLE.findall(token)] if _CAMEL.fullmatch(token) else []
    if len(pieces) < 2 or not joined.startswith(pieces[0]) or len(joined) < 2 * len(token):
        return False
    for piece in pieces:
        at = joined.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return True
