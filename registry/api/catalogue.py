"""What every handler reads: settings, ledger, search, vocabulary, engine, pages."""

from __future__ import annotations

import gc
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from starlette.requests import Request

from harvesters.gazetteer import Gazetteer, GazetteerError
from harvesters.gazetteer_files import load_gazetteer
from registry import search
from registry.assets import ontology_dir
from registry.config import Config
from registry.engine import SparqlEngine
from registry.formats import Context
from registry.ledger import Ledger, LedgerError
from registry.ledger.errors import DAMAGED
from registry.quality import Qualities
from registry.search import Bitmaps, Query
from registry.vocabulary import vocabulary
from registry.web import Pages

_SMALL = 10_000  # entities


class Catalogue:
    """One per application. Reading is safe from every thread: each has a read-only connection of its own."""

    def __init__(self, config: Config, engine: SparqlEngine, bitmaps: Bitmaps | None = None) -> None:
        self.config = config
        self.base = config.base_url
        self.engine = engine
        self.words = vocabulary()
        self.context_file = (ontology_dir() / "context.jsonld").read_bytes()
        self.context = Context.read(ontology_dir() / "context.jsonld")
        self.context_url = f"{self.base}/context.jsonld"
        self.pages = Pages(config, self.words)
        self.bitmaps = bitmaps or Bitmaps()
        self.qualities = Qualities()
        #: Part of every ETag: changes when the same data would be written differently.
        self.edition = hashlib.sha256(self.context_file + self.base.encode()).hexdigest()[:8]
        #: Set when a page of the ledger was found damaged: it stays so until it is put back, for which we must end.
        self.damaged = False
        self._readers = threading.local()
        self._gazetteer: Gazetteer | None = None

    @property
    def ledger(self) -> Ledger:
        """This thread's reader. Raises LedgerError when there is no ledger yet, or it cannot be read."""
        reader: Ledger | None = getattr(self._readers, "ledger", None)
        if reader is None:
            reader = self._readers.ledger = Ledger.reader(self.config.ledger)
            reader.db.execute("PRAGMA cache_size = -4000")  # KiB; there are as many readers as threads
        return reader

    def sound(self) -> bool:
        """Whether the ledger is where it was, and nobody has come across damage in it. Raises as `ledger` does."""
        return not self.damaged and self.ledger.in_place()

    @property
    def gazetteer(self) -> Gazetteer:
        """The gazetteer as it was when it was first asked for; an empty one where none is configured or usable."""
        if self._gazetteer is None:
            folder = self.config.data / "cache" / "gazetteer"
            try:
                self._gazetteer = load_gazetteer(self.config.gazetteer, base=self.config.data, copies=folder)
            except GazetteerError:  # the next harvest says so to the operator
                self._gazetteer = Gazetteer()
        return self._gazetteer

    def warm(self) -> None:
        """Read the sets behind lists before anybody asks for one, and let the collector pass over what stays for good.

        Otherwise every full collection of garbage would look at all modules and sets while somebody waits.
        """
        with suppress(LedgerError, *DAMAGED):
            search.find(self.ledger.db, Query(limit=1), self.bitmaps)
        gc.freeze()

    def small(self) -> bool:
        """Whether the engine will have loaded in the blink of an eye, so that a start may wait for it."""
        try:
            return self.ledger.digest("entity").live < _SMALL
        except (LedgerError, *DAMAGED):
            return True

    @contextmanager
    def snapshot(self) -> Iterator[Ledger]:
        """The ledger at one moment, however many questions are asked of it."""
        ledger = self.ledger
        ledger.db.execute("BEGIN")
        try:
            yield ledger
        finally:
            ledger.db.execute("COMMIT")


def catalogue_of(request: Request) -> Catalogue:
    """The application's catalogue."""
    catalogue: Catalogue = request.app.state.catalogue
    return catalogue
