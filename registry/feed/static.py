"""The feeds as files: the same pages that the API serves, for any web server, CDN or memory stick."""

from __future__ import annotations

from pathlib import Path

from registry.config import Config
from registry.feed.feeds import names
from registry.feed.nodes import Node
from registry.feed.shelf import Shelf, Where
from registry.feed.writing import write_static
from registry.ledger import Ledger


def export(ledger: Ledger, config: Config, folder: Path) -> int:
    """Write all feeds as TriG below a folder; returns how many files were written, for what is equal is left alone.

    Pages come before the index nodes and roots that lead to them, and each file is replaced as a whole, so that a
    follower who reads at the same time sees a feed without gaps.
    """
    shelf = Shelf(config)
    dead = shelf.horizon.dead(ledger)
    written = 0
    ledger.db.execute("BEGIN")
    try:
        for name in names(ledger):
            view = shelf.look(ledger, Where(name), dead).view
            places = [Where(name, "page", page.number) for page in view.pages]
            places += [Where(name, "index", group.number) for group in view.groups()]
            for where in (*places, Where(name)):
                node = shelf.make(ledger, shelf.look(ledger, where, dead))
                assert node is not None
                written += _put(folder, node, ledger.base)
    finally:
        ledger.db.execute("COMMIT")
    return written


def _put(folder: Path, node: Node, base: str) -> bool:
    file = folder / f"{node.address.removeprefix(f'{base}/feed/')}.trig"
    content = write_static(node, base)
    if file.exists() and file.read_bytes() == content:
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f".{file.name}.new")
    new.write_bytes(content)
    new.replace(file)
    return True
