"""Metrics, health and readiness for those who run the server."""
