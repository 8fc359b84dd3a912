"""The registry over HTTP: entities, collections, SPARQL, vocabulary, and pages for people."""

from registry.api.app import create_app

__all__ = ["create_app"]
