"""What can be moved: one module for each kind of row."""
