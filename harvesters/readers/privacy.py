"""What may be taken of people: role mailboxes yes, persons no."""

from __future__ import annotations

import re

_ROLES = re.compile(
    r"anfrage|b(ue|ü)ro|contact|coworking|hallo|hello|info|kontakt|mail|office|post|presse|redaktion|service|team"
    r"|veranstaltungen|verein|vorstand|werkstatt|willkommen",
    re.IGNORECASE,
)


def is_role(email: object) -> bool:
    """Whether a mailbox belongs to a role ("info@", "kontakt@") and not, as far as anyone can see, to a person."""
    return isinstance(email, str) and bool(_ROLES.fullmatch(email.partition("@")[0].strip()))
