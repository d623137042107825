"""Commands on messages to patrons and on what is printed for them."""
