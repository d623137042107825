"""Commands that ask a running server: the table, the client, the commands made over."""
