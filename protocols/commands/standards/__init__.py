"""Commands that try a standard against a peer, and look at what peers send."""
