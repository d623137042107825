"""Changes: records added one by one, replaced, merged and deleted."""
