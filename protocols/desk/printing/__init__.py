"""Slips and labels at the printers of the desks."""
