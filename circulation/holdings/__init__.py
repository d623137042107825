"""What others are told of the stock: an outbox for data wells, web hooks and files."""
