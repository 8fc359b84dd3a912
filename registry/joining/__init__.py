"""Before a list is a source: its folder written, its entries tried and validated, somebody's proposal looked at."""
