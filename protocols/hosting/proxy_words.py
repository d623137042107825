"""Differences between the two systems of a `tiro proxy` in words; see its package `reconciling`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from circulation.languages.sentences import Sentence

_SIDES: Final = {
    "ON_LOAN": "SIDE_ON_LOAN",
    "IN": "SIDE_IN",
    "UNKNOWN": "SIDE_UNKNOWN",
    "KNOWN": "SIDE_KNOWN",
    "HOLDS": "SIDE_HOLDS",
    "OWES": "SIDE_OWES",
    "BLOCKED": "SIDE_BLOCKED",
    "FREE": "SIDE_FREE",
    "HAS": "SIDE_HAS",
}
#: The same without a value.
_WITHOUT: Final = {"ON_LOAN": "SIDE_ON_LOAN_UNDATED", "HAS": "SIDE_HAS_NOTHING"}
CAUSES: Final = {
    "CLOCK": "CAUSE_CLOCK",
    "IGNORED": "CAUSE_IGNORED",
    "REFUSED": "CAUSE_REFUSED",
    "OWN_RULES": "CAUSE_OWN_RULES",
    "RENEWED": "CAUSE_RENEWED",
    "ELSEWHERE": "CAUSE_ELSEWHERE",
    "NOT_DELIVERED": "CAUSE_NOT_DELIVERED",
    "NOT_TOLD": "CAUSE_NOT_TOLD",
    "BORROWERS": "CAUSE_BORROWERS",
    "HOLDS": "CAUSE_HOLDS",
    "CHARGED": "CAUSE_CHARGED",
    "BLOCKED": "CAUSE_BLOCKED",
}
REMEDIES: Final = {
    "CARRY": "REMEDY_CARRY",
    "END": "REMEDY_END",
    "DELIVERY": "REMEDY_DELIVERY",
    "NOTHING": "REMEDY_NOTHING",
}
#: The most urgent first.
ERRANDS: Final = {
    "CLOCK": "ERRAND_CLOCK",
    "ITEM": "ERRAND_ITEM",
    "PATRON": "ERRAND_PATRON",
    "DUE_DATE": "ERRAND_DUE_DATE",
    "DELIVER": "ERRAND_DELIVER",
    "NOTHING": "ERRAND_NOTHING",
}


NOT_COMPARED: Final = {"DEBTS": "DEBTS_NOT_COMPARED", "BRANCHES": "BRANCHES_NOT_COMPARED"}


def say_not_compared(each: Mapping[str, str]) -> Sentence:
    """What is not compared, why, and what to do instead."""
    name, value = NOT_COMPARED[each["what"]], each["value"]
    return Sentence(name, value=value) if value else Sentence(name)


def say_side(side: Sequence[str]) -> Sentence:
    """What one system says, as `reconciling.sides` lists it."""
    says, value = side
    if not value and says in _WITHOUT:
        return Sentence(_WITHOUT[says])
    return Sentence(_SIDES[says], value=value) if value else Sentence(_SIDES[says])


def say_cause(name: str) -> Sentence:
    """The likely cause of a difference."""
    return Sentence(CAUSES[name])


def say_remedy(name: str) -> Sentence:
    """What Tiro does about a difference."""
    return Sentence(REMEDIES[name])


def say_errand(name: str) -> Sentence:
    """What a person must do about a difference."""
    return Sentence(ERRANDS[name])
