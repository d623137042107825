"""Messages by noun: the dataclasses of their elements and, below these, their content models.

What the nine core services share is in `protocols.ncip.messages`; `protocols.ncip.layouts` joins
the tables.
"""
