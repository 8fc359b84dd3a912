"""The region as a plane: small enough that a degree is as long everywhere."""

KILOMETRES = (69.4, 111.2)
"""Of a degree of longitude and latitude at 51.4° north, the middle of the region (1 % off at its borders)."""
