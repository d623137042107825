"""Handling: the services, one each, as plain functions of an association."""
