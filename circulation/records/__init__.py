"""Records that change with all that hangs on them."""
