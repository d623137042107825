"""What hosts a standard: reactor, listeners, answering, and what stands before a conversation."""
