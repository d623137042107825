"""Danish Digital Post as a channel for messages to patrons: MeMo, SF1601, the direct interface."""
