"""Calendars: days, opening hours, closures, and local time."""
