"""One test for thousands of cases of which each takes no time at all.

pytest and its workers take some two milliseconds for each test, to find it and to tell of it: more
than a look at a row of a table takes. `each` walks all cases in one test, as `parametrize` would in
as many, and names all that fail.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from inspect import Signature, signature
from typing import Any, TypeVar

import pytest

T = TypeVar("T")


def each(names: str, cases: Sequence[T], called: Callable[[T], str]) -> Callable[[Any], Any]:
    """The test gets each case by its parameter of that name, or a tuple by several
    (``"number work"``), and the rest of its parameters from pytest; `called` says what a case that
    fails is called."""
    own = names.split()

    def over(test: Callable[..., None]) -> Callable[..., None]:
        @wraps(test)
        def walk(**fixtures: Any) -> None:
            failed: list[BaseException] = []
            for case in cases:
                try:
                    values: Any = (case,) if len(own) == 1 else case
                    test(**fixtures, **dict(zip(own, values, strict=True)))
                except (Exception, pytest.fail.Exception) as error:
                    error.add_note(f"the case: {called(case)}")
                    failed.append(error)
            if failed:
                raise BaseExceptionGroup(f"{len(failed)} of {len(cases)} cases failed", failed)

        others = [its for name, its in signature(test).parameters.items() if name not in own]
        walk.__signature__ = Signature(others)  # type: ignore[attr-defined]
        return walk

    return over
