"""What Digital Post needs of the database: the numbers it writes to, and the receipts it gives."""
