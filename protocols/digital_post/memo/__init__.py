"""MeMo, the message format of Danish Digital Post, versions 1.1 and 1.2, read and written."""
