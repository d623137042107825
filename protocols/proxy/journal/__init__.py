"""What the proxy was told and told others: written first, read back, everything else from it."""
