"""Frames and fields: the tables of the codec, and values that cannot break a frame."""
