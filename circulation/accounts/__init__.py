"""What is known of a patron: status, and the list of loans."""
