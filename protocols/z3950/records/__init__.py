"""Records: the forms that can be asked for, and what responses carry of them."""
