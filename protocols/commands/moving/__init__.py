"""Commands for moving in from another system."""
