"""Pull what existing sources already publish: fetch politely, read, lift with SPARQL.

This package knows nothing of the registry that uses it.
"""
