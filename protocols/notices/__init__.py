"""Sending what patrons are told: channels, and the loop that gives messages to them."""
