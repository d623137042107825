"""Messages by noun: the dataclasses of their elements and, below these, their content models.

What the nine core services share is in `messages`; `layouts` joins
the tables.
"""
