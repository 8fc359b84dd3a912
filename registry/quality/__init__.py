"""Quality: how complete, fresh and undisputed the entries are, and what would raise it."""

from registry.quality.measuring import Qualities, of_entity, of_source
from registry.quality.metrics import METRICS, Improvement, Measured
from registry.quality.rdf import description

__all__ = ["METRICS", "Improvement", "Measured", "Qualities", "description", "of_entity", "of_source"]
