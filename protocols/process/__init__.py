"""The process: configuration, server, supervision, health checks."""
