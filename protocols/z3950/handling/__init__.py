"""Handling: one module for each service, plain functions of an association."""
