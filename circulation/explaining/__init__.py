"""Explanations for staff: why the rules decide as they do."""
