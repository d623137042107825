"""How many examples the property tests try: all where nothing may be skipped and with the
campaigns, a quarter elsewhere. None may be too slow: machines are at times."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import HealthCheck, settings

_SHARE = 4
_are_all_tried = False


def try_all(are_all_tried: bool) -> None:
    """Says it, before the first test is read."""
    global _are_all_tried
    _are_all_tried = are_all_tried
    settings.register_profile("tiro", examples(100), deadline=None)
    settings.load_profile("tiro")


def _number(all_of_them: int) -> int:
    return all_of_them if _are_all_tried else max(1, all_of_them // _SHARE)


def examples(
    number: int, suppress_health_check: Iterable[HealthCheck] = (), **others: Any
) -> settings:
    """The settings of a property test that tries so many; without them, 100 are tried."""
    ignored = [*suppress_health_check, HealthCheck.too_slow]
    return settings(max_examples=_number(number), suppress_health_check=ignored, **others)
