"""Commands that run the server, watch it, and do its daily work."""
