"""Which records describe one and the same thing: candidates, signs, decisions, judgements, and the IRIs of entities.

What compares is in modules of its own (`assign`, `decide`, `resolve` …) and not imported here: a server, which compares
nothing, starts sooner without it.
"""

from registry.identity.rules import behind, fingerprint, forget, pending, proceed, progress

__all__ = ["behind", "fingerprint", "forget", "pending", "proceed", "progress"]
