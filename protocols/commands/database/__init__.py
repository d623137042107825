"""Commands on the whole database: backups and archives."""
