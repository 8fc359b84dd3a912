"""Texts of the pages in German and English, and which language a visitor gets."""

from __future__ import annotations

import tomllib
from importlib.resources import files

from starlette.requests import Request

LANGUAGES = ("de", "en")
COOKIE = "lang"
"""Remembers the language that somebody chose, and nothing else."""
_TEXTS: dict[str, dict[str, dict[str, str]]] = tomllib.loads(
    files("registry.web").joinpath("texts.toml").read_text(encoding="utf-8")
)


class Texts:
    """The texts in one language: ``texts("list.next")``; ``texts.maybe`` answers None where there is none."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, name: str) -> str:
        found = self.maybe(name)
        if found is None:
            raise KeyError(name)
        return found

    def maybe(self, name: str) -> str | None:
        section, _, key = name.partition(".")
        text = _TEXTS.get(section, {}).get(key)
        return None if text is None else text[self.language]


IN = {language: Texts(language) for language in LANGUAGES}


def chosen(request: Request) -> str | None:
    """The language that the address asks for (``?lang=en``), if it does."""
    asked = request.query_params.get("lang")
    return asked if asked in LANGUAGES else None


def language(request: Request) -> str:
    """The visitor's language: the address, else what was chosen before, else Accept-Language, else German."""
    before = request.cookies.get(COOKIE)
    return chosen(request) or (before if before in LANGUAGES else preferred(request.headers.get("accept-language", "")))


def preferred(header: str) -> str:
    """The language of ours that an Accept-Language header likes best (RFC 9110 §12.5.4); German on a draw."""
    best, best_quality = "de", 0.0
    for element in header.split(",")[:50]:
        tag, _, parameters = element.strip().lower().partition(";")
        name, _, value = parameters.strip().partition("=")
        try:
            quality = float(value) if name.strip() == "q" else 1.0
        except ValueError:
            continue
        primary = tag.partition("-")[0]
        if primary in LANGUAGES and quality > best_quality:
            best, best_quality = primary, quality
    return best
