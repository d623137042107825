"""Calendars: days, opening hours, closures, and when a loan is due."""
