"""Commands on items: what becomes of them, and where they are together for a while."""
