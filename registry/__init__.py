"""Orte: the federated registry of cooperation and innovation places, as linked data."""
