"""`python -m registry` is `orte`."""

from registry.cli import main

main()
