"""What this folder joins to the verbs."""

from __future__ import annotations

from circulation.kernel.parts import Join, joins

JOINS: tuple[Join, ...] = (joins("loans.due_again:DUE_AGAIN", "due_again:move_past_closure"),)
