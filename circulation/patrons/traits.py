"""What statistics may know of a patron: an age band and a municipality, and nobody's identity.

They are written into the event of a loan when it happens, so that statistics can still be made
after the loan was cut from the patron, and after the patron is gone.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from datetime import date
from functools import lru_cache

from circulation.patrons.facts import PatronFacts

#: The first age of each band, and its name.
_BANDS = (
    (0, "0-2"),
    (3, "3-6"),
    (7, "7-10"),
    (11, "11-13"),
    (14, "14-17"),
    (18, "18-24"),
    (25, "25-39"),
    (40, "40-59"),
    (60, "60-66"),
    (67, "67+"),
)
_STARTS = [start for start, _ in _BANDS]


def age_on(day: date, birth_date: date) -> int:
    """Full years; who was born on 29 February is a year older on 1 March."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def age_band(day: date, birth_date: date | None) -> str:
    """The band of the age on that day; empty where the date of birth is not known."""
    if birth_date is None or birth_date > day:
        return ""
    return _BANDS[bisect_right(_STARTS, age_on(day, birth_date)) - 1][1]


def traits_of(patron: PatronFacts, day: date, material_group: str) -> str:
    """What the event of a loan or renewal carries for statistics: a JSON object."""
    age = age_band(day, patron.birth_date) if patron.kind == "person" else ""
    return _written(age, patron.municipality, patron.category, material_group)


@lru_cache(maxsize=4096)  # many patrons have the same
def _written(age: str, municipality: str, category: str, group: str) -> str:
    traits = {"age": age, "municipality": municipality, "category": category, "group": group}
    return json.dumps(traits, separators=(",", ":"), ensure_ascii=False)
