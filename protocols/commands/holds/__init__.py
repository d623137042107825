"""Commands on holds, and the work that they make."""
