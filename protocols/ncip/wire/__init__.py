"""Documents: from bytes to messages and back, leniently in and strictly out."""
