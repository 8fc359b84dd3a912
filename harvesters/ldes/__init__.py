"""Follow Linked Data Event Streams: every member once, in order, from any server that publishes one."""

from harvesters.ldes.client import Client, FeedFailed, Told
from harvesters.ldes.node import Member, Semantics, Unreadable
from harvesters.ldes.state import State

__all__ = ["Client", "FeedFailed", "Member", "Semantics", "State", "Told", "Unreadable"]
