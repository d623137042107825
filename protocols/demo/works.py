"""The demo catalogue: real works, each in a real edition."""

from __future__ import annotations

from protocols.demo.work import Work
from protocols.demo.works_danish import DANISH
from protocols.demo.works_international import INTERNATIONAL

__all__ = ["WORKS", "Work"]

WORKS: tuple[Work, ...] = DANISH + INTERNATIONAL
