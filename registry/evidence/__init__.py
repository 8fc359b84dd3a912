"""Who says what about an entity, for pages, JSON-LD and the other syntaxes."""

from registry.evidence.gathering import Conflict, Evidence, Join, Said, Value, conflicts, evidence
from registry.evidence.statements import graphs, triples

__all__ = ["Conflict", "Evidence", "Join", "Said", "Value", "conflicts", "evidence", "graphs", "triples"]
