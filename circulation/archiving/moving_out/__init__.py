"""What is long over, moved out of the database into files."""
