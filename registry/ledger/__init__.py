"""The ledger: the one durable file that holds runs, records, entities and the log of activities."""

from registry.ledger.activities import Activity
from registry.ledger.entities import Entity, EntityState
from registry.ledger.errors import LedgerError
from registry.ledger.findings import Finding, Severity, StoredFinding
from registry.ledger.ledger import Ledger, StateDigest
from registry.ledger.records import Quarantined, StoredRecord
from registry.ledger.runs import Run, SourceState

__all__ = [
    "Activity",
    "Entity",
    "EntityState",
    "Finding",
    "Ledger",
    "LedgerError",
    "Quarantined",
    "Run",
    "Severity",
    "SourceState",
    "StateDigest",
    "StoredFinding",
    "StoredRecord",
]
