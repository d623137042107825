"""What every feature of circulation stands on, and that knows none of them."""
