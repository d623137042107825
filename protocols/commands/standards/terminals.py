"""`tiro terminals`: what each account of a machine has sent, and what it gets wrong."""

from __future__ import annotations

from protocols.commands.asking.described import described

terminals = described(
    "terminals",
    "list_terminals",
    """Show what each terminal account has sent, and where it departs from the standard.

    A running server writes its counts down every quarter of a minute.
    """,
)
