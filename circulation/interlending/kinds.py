"""The answers of interlibrary lending, by name: who reads or says them needs no engine."""

from __future__ import annotations

from enum import Enum


class WhyNot(Enum):
    """Why we do not lend it, or not now. The value is what notices hold."""

    NOT_HELD = "not held"
    NOT_LENT = "not lent"  # by the rules
    NOT_NOW = "not available"
    ON_LOAN = "on loan"
    NOT_FOUND = "not on shelf"
    NOT_BY_THEN = "not by then"
    NO_COPIES = "no copies"  # of articles and parts are made
    POLICY = "policy"
