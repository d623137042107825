"""Staff, programs and those who are signed in: accounts, roles, workstations, sessions."""
