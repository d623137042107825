"""Records as other systems ask for them and give them."""
