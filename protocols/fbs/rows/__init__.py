"""The rows of the table of calls, a module for each noun."""
