"""What messages name, and what is told of it: users, items, titles, requests."""
