"""Those who come to a server at once in `benchmarks.load`: visitors, attackers, partners, followers, a harvester."""
