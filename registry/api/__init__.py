"""The registry over HTTP: entities, collections, SPARQL, vocabulary, and pages for people."""

from registry.api.app import create_app
from registry.api.observing import request_id
from registry.api.wire import protocol

__all__ = ["create_app", "protocol", "request_id"]
