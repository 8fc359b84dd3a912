"""The tables of a ledger, as the files of SQL beside this one have them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from importlib.resources import files

_COLUMNS = """
SELECT tables.name, columns.name FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns
WHERE tables.type = 'table' AND tables.sql LIKE 'CREATE TABLE%'
"""  # no virtual ones, which belong to views


def execute(db: sqlite3.Connection, name: str) -> None:
    """Run every statement of one of the files of SQL."""
    for statement in statements(name):
        db.execute(statement)


def statements(name: str) -> list[str]:
    """The statements of one of the files of SQL, without the comments before them."""
    text = files("registry.ledger").joinpath(name).read_text(encoding="utf-8")
    found = ("\n".join(line for line in part.splitlines() if not line.startswith("--")) for part in text.split(";\n"))
    return [statement.strip() for statement in found if statement.strip()]


def lacking(db: sqlite3.Connection) -> str | None:
    """What a ledger of the newest version has not of `schema.sql`, in a few words; None when everything is there."""
    with closing(sqlite3.connect(":memory:")) as whole:
        execute(whole, "schema.sql")
        expected = whole.execute(_COLUMNS).fetchall()
    found = set(db.execute(_COLUMNS))
    tables = {table for table, _ in found}
    for table, column in expected:
        if table not in tables:
            return f"it has no table {table}"
        if (table, column) not in found:
            return f"its table {table} has no column {column}"
    return None
