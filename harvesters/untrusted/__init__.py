"""Parse RDF from strangers: no remote contexts, no XML entities, and in a process that may die for it."""

from harvesters.untrusted.parse import SYNTAXES, UnparsableRdf, parse, syntax_of

__all__ = ["SYNTAXES", "UnparsableRdf", "parse", "syntax_of"]
