"""Registries among each other: peers whose records are followed, whole replicas, and being told of changes."""
