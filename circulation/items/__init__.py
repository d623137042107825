"""Items: what they are doing, what is written of them, where they stand."""
