"""Interlibrary loans, as the library that lends and as the one that borrows."""
