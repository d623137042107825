"""Files as other systems write them, each read as rows of cells."""
