"""How commands ask operations of the HTTP API: on the database, or of a running server."""
