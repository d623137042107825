"""The HTTP API: one documented door for desks, web sites and bots."""
