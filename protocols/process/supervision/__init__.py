"""How the server is run: alone, or as several processes under a supervisor (see README.md)."""
