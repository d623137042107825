"""Partners: who may call, what each may do, and what was exchanged with them."""
