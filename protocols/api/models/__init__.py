"""What requests may hold and answers do hold; OpenAPI is made of it."""
