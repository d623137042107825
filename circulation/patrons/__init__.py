"""Patrons: who they are, how they are known and reached, their PINs, their rights."""
