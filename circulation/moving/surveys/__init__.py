"""What files of another system hold, before any of it is loaded."""
