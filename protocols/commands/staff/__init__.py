"""Commands for the staff: accounts, roles, workstations, tokens, and who has looked at whom."""
