"""Damage of film: where it is (:mod:`.blotches`), and from which neighbour each place is taken (:mod:`.fill`)."""
