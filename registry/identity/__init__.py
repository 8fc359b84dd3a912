"""Which records describe one and the same thing: candidates, signs, decisions, judgements, and the IRIs of entities."""

from registry.identity.assign import assign, name_of, slug
from registry.identity.decide import Decision, decide
from registry.identity.evidence import Sign
from registry.identity.resolve import Resolver
from registry.identity.rules import behind, fingerprint, forget, pending, proceed, progress
from registry.identity.services import compare_services

__all__ = [
    "Decision",
    "Resolver",
    "Sign",
    "assign",
    "behind",
    "compare_services",
    "decide",
    "fingerprint",
    "forget",
    "name_of",
    "pending",
    "proceed",
    "progress",
    "slug",
]
