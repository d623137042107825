"""Records that are harvested from other catalogues, and what has come of each source."""
