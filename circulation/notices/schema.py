"""The tables of this package, in the same metadata as all others."""
