"""Who says what about an entity, for pages, JSON-LD and the other syntaxes."""

from registry.evidence.gathering import Evidence, Join, Said, Value, evidence
from registry.evidence.statements import graphs, triples

__all__ = ["Evidence", "Join", "Said", "Value", "evidence", "graphs", "triples"]
