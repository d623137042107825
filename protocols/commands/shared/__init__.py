"""What commands share: the library they work on, values, tables, wording, progress."""
