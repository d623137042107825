"""Messages by noun: a dataclass for each element that has children; marks say its content model.

What all services share is in `messages`, the differences of older versions in `layouts`.
"""
