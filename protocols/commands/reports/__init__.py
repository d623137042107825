"""Commands that report what staff have to see to, and what was done."""
