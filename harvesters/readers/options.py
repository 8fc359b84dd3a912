"""The `[read]` table of a source, taken out value by value, so that every mistake in it is named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harvesters.reading import SourceFailed


class Options:
    """Values by name; each is asked for once, and `done` refuses what nobody asked for.

    Every mistake raises `SourceFailed` with the name of the reader, the option, and what it should be.
    """

    def __init__(self, reader: str, values: Mapping[str, Any], *, within: str = "") -> None:
        self._reader = reader
        self._values = values
        self._within = within
        self._known: set[str] = set()

    def text(self, name: str, default: str | None = None) -> str | None:
        value = self._take(name, default)
        if value is not None and not isinstance(value, str):
            raise self.wrong(name, "must be a text")
        return value or None

    def needed(self, name: str, meaning: str) -> str:
        value = self.text(name)
        if value is None:
            raise self.wrong(name, f"is missing: {meaning}")
        return value

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        value = self.text(name, choices[0])
        if value not in choices:
            raise self.wrong(name, f"must be one of {', '.join(choices)}")
        return value

    def whole(self, name: str, default: int, *, least: int = 1) -> int:
        value = self._take(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise self.wrong(name, f"must be a whole number, {least} or more")
        return value

    def flag(self, name: str, default: bool) -> bool:
        value = self._take(name, default)
        if not isinstance(value, bool):
            raise self.wrong(name, "must be true or false")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._take(name, ())
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, list | tuple) or not all(isinstance(member, str) and member for member in value):
            raise self.wrong(name, "must be a text or a list of texts")
        return tuple(value)

    def numbers(self, name: str) -> tuple[int, ...]:
        value = self._take(name, ())
        if isinstance(value, int):
            value = [value]
        if not isinstance(value, list | tuple) or not all(isinstance(member, int) for member in value):
            raise self.wrong(name, "must be a whole number or a list of them")
        return tuple(value)

    def listed(self, name: str) -> list[Any]:
        """A list whose members are the reader's to check."""
        value = self._take(name, [])
        if not isinstance(value, list | tuple):
            raise self.wrong(name, "must be a list")
        return list(value)

    def mapping(self, name: str) -> Mapping[str, Any]:
        """A table whose keys are not ours to know."""
        value = self._take(name, {})
        if not isinstance(value, Mapping):
            raise self.wrong(name, "must be a table")
        return value

    def table(self, name: str) -> Options | None:
        """A table with options of its own; `None` when it is not there. It needs its own `done`."""
        value = self._take(name, None)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise self.wrong(name, "must be a table")
        return Options(self._reader, value, within=f"{self._within}{name}.")

    def done(self) -> None:
        for name in self._values:
            if name not in self._known:
                known = ", ".join(sorted(self._known))
                raise self.wrong(name, f"does not exist; known are: {known}")

    def wrong(self, name: str, sentence: str) -> SourceFailed:
        return SourceFailed(f"the option '{self._within}{name}' of the reader '{self._reader}' {sentence}")

    def _take(self, name: str, default: Any) -> Any:
        self._known.add(name)
        return self._values.get(name, default)
