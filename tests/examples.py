"""How many examples the property tests try: all in `make trials`, a quarter in CI, an eighth in
`make test`. None may be too slow: machines are at times."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import HealthCheck, settings

from tests.trials import are_whole, one_of

#: In CI.
_SHARE = 4


def load_settings() -> None:
    """Those of a property test that says nothing."""
    settings.register_profile("tiro", examples(100), deadline=None)
    settings.load_profile("tiro")


def _number(all_of_them: int) -> int:
    if are_whole():
        return all_of_them
    return max(1, all_of_them // (_SHARE if one_of() == 1 else 2 * _SHARE))


def examples(
    number: int, suppress_health_check: Iterable[HealthCheck] = (), **others: Any
) -> settings:
    """The settings of a property test that tries so many; without them, 100 are tried."""
    ignored = [*suppress_health_check, HealthCheck.too_slow]
    return settings(max_examples=_number(number), suppress_health_check=ignored, **others)
