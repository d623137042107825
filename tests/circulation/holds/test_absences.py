"""A patron's absence."""

from __future__ import annotations

from datetime import date

import pytest

from circulation.holds.absences import Absence, set_absence
from circulation.kernel.results import UNATTENDED
from tests.builders.circulation import Library, a_patron


def test_an_absence_ends_after_it_begins(sqlite_library: Library) -> None:
    library = sqlite_library
    a_patron(library)
    wrong = Absence(date(2026, 12, 2), date(2026, 12, 1))
    with pytest.raises(ValueError, match="cannot end on 2026-12-01, before it begins"):
        library.write(
            lambda transaction: set_absence(library.act(transaction, UNATTENDED), 1, wrong)
        )
