"""Whom and what a message names, and what is told of them: users, items, titles, requests."""
