"""Extended services: tasks that are done at once, and what becomes of them."""
