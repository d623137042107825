"""Extended services: tasks that are done at once, and their results."""
