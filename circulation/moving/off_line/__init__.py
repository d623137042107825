"""Files of what desks have done while the line was down."""
