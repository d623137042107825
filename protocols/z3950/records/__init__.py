"""Records: the forms they are asked for in, and what responses carry of them."""
