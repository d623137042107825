"""Class sets and bookings, rotating deposits, themes: material promised for a period."""
