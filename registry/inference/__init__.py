"""What rules derive from the catalogue: each inference names its rule and its grounds, and goes when they go."""

from registry.inference.following import follow, rebuild
from registry.inference.inferences import Inference, graph_name, of, quads, since, statement
from registry.inference.rules import Rule, rules

__all__ = ["Inference", "Rule", "follow", "graph_name", "of", "quads", "rebuild", "rules", "since", "statement"]
