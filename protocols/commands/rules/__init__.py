"""Commands on the rules and opening hours that a library sets."""
