"""Calendars: days, opening hours, closures, and the clock on the library's wall."""
