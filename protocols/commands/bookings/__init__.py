"""Commands on bookings of copies for a period."""
