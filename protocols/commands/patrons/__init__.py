"""Commands on patrons and on groups of them."""
