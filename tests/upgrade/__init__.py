"""A library of an earlier release, moved to this one: nothing lost, the same answers."""
