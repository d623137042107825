"""Commands of the proxy: serving, and asking one that serves."""
