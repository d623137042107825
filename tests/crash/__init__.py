"""Killing the server at random moments under load, and looking at what is left."""
