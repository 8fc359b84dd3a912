"""The failure of a whole reading."""

from __future__ import annotations


class SourceFailed(Exception):
    """The whole reading failed, said in one sentence for a person. Nothing may be deleted after it."""
