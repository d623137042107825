"""Changes: records that come one by one, are replaced, merged and deleted."""
