"""A partner that writes: puts, changes, deletes and sends many at once; what it gets wrong has to be refused."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
from pathlib import Path

from benchmarks.traffic.tally import Loop, Tally
from tests import pushed

PAUSE = 1.0
PLACES = 60
"""Keys that it has; it writes them again and again, so that the catalogue does not grow."""
PREFIXES = "@prefix orte: <https://w3id.org/orte/ns#> . @prefix schema: <https://schema.org/> .\n"
TURTLE = "text/turtle"


def invited(data: Path) -> str:
    """Make the source of a partner in a data directory, and a token for it."""
    pushed.describe(data)
    command = [sys.executable, "-m", "registry", "--data", str(data), "token", "create", "--source", pushed.PARTNER]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1]


class Partner(Loop):
    """Knows what it wrote, and looks whether it is there. `tags` are those of its live records, by key."""

    def __init__(self, address: str, tally: Tally, stop: threading.Event, seed: int, token: str, base: str) -> None:
        super().__init__(address, tally, stop, PAUSE, "127.0.3.1")
        self.dice, self.token, self.turns = random.Random(seed), token, 0
        self.root = f"{base}/sources/verein/records"
        self.tags: dict[str, str | None] = {}

    def turn(self) -> None:
        self.turns += 1
        key = f"haus-{self.dice.randrange(PLACES)}"
        wanted = self.dice.choices(("put", "delete", "bulk", "wrong"), (6, 2, 1, 3))[0]
        if wanted == "bulk":
            self._bulk()
        elif wanted == "wrong":
            self._wrong(key)
        elif wanted == "delete" and key in self.tags:
            self._remove(key)
        else:
            self._put(key)

    def live(self) -> int:
        """How many of its records there must be."""
        return len(self.tags)

    def _put(self, key: str) -> None:
        text = f"Haus {key} im Lauf {self.turns}"
        tag = self.tags.get(key)
        headers = {"If-Match": tag} if tag else {}
        kind = "write: changed" if key in self.tags else "write: new"
        status, said, _ = self._send(kind, "PUT", f"/{key}", _house(text), **headers)
        if status in (200, 201):
            self.tags[key] = said.get("etag")
            _, _, content = self.ask("read: written", "GET", f"/sources/verein/records/{key}.nt", {})
            if text.encode() not in content:
                self.tally.fail("what was written is not what is read")

    def _remove(self, key: str) -> None:
        status, _, _ = self._send("write: delete", "DELETE", f"/{key}", "")
        if status == 200:
            del self.tags[key]
            self.ask("read: deleted", "GET", f"/sources/verein/records/{key}", {})

    def _bulk(self) -> None:
        """Half of the time as Turtle, half as JSON that the source's lift understands."""
        keys = [f"haus-{self.dice.randrange(PLACES)}" for _ in range(10)]
        if self.dice.random() < 0.5:
            body, media = (
                json.dumps([{"id": key, "name": f"Viele {self.turns}"} for key in set(keys)]),
                "application/json",
            )
        else:
            body, media = self._many(keys), TURTLE
        status, _, content = self._send("write: many", "POST", "", body, media)
        if status == 200:
            self.tags |= dict.fromkeys(keys)
            if sum(json.loads(content).values()) != len(set(keys)):
                self.tally.fail("not all of many records are accounted for")

    def _wrong(self, key: str) -> None:
        """What must be refused, and said why; nothing of it may be written."""
        wrong = self.dice.randrange(7)
        if wrong == 0:
            self._refused("write: does not fit", "PUT", f"/{key}", PREFIXES + "<#it> a orte:CooperationSite .")
        elif wrong == 1:
            self._refused("write: no RDF", "PUT", f"/{key}", "<#it> kaputt")
        elif wrong == 2:
            bad = f"<{self.root}/schlecht#it> a orte:CooperationSite ; schema:url 7 .\n"
            self._refused("write: many, one bad", "POST", "", self._many([key]) + bad)
        elif wrong == 3:
            self._send("write: too late", "PUT", f"/{key}", _house("Spät"), **{"If-Match": f'"{64 * "0"}"'})
        elif wrong == 4:
            self._send("write: unknown syntax", "PUT", f"/{key}", "Haus", "text/plain")
        elif wrong == 5:
            self._send("write: delete unknown", "DELETE", "/nie-da-gewesen", "")
        else:
            self._send("write: no token", "PUT", f"/{key}", _house("Fremd"), Authorization=f"Bearer {self.token}x")

    def _many(self, keys: list[str]) -> str:
        lines = (
            f'<{self.root}/{key}#it> a orte:CooperationSite ; schema:name "Viele {self.turns}"@de .' for key in keys
        )
        return PREFIXES + "\n".join(lines) + "\n"

    def _refused(self, kind: str, method: str, path: str, body: str) -> None:
        status, _, content = self._send(kind, method, path, body)
        if status == 422:
            said = json.loads(content)
            if not said.get("detail") or (kind != "write: no RDF" and not said.get("findings")):
                self.tally.fail(f"{kind}: refused without a report")

    def _send(
        self, kind: str, method: str, path: str, body: str, media: str = TURTLE, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        sent = {"Content-Type": media, "Authorization": f"Bearer {self.token}", **headers}
        status, said, content = self.ask(kind, method, f"/sources/verein/records{path}", sent, body.encode())
        return status, dict(said), content


def _house(name: str) -> str:
    return PREFIXES + f'<#it> a orte:CooperationSite ; schema:name "{name}"@de .'
