"""`tiro patron find`."""

from __future__ import annotations

import getpass

from tests.builders.circulation import a_patron
from tests.builders.staff import Staff


def test_a_patron_is_found_by_words_and_the_log_tells_how_many(staff: Staff) -> None:
    card = a_patron(staff.library, given_name="Åse", family_name="Møller", phone="22334455")
    a_patron(staff.library, given_name="Bo", family_name="Møller")
    [found] = staff.json("patron", "find", "moel", "Aase", "--at", "DK-900101")
    assert (found["patron"], found["name"], found["home"]) == (card, "Åse Møller", "DK-900101")
    assert (found["phone"], found["protected"], found["deceased"]) == ("+4522334455", False, False)
    assert len(staff.json("patron", "find", "moe", "--at", "DK-900101")) == 2
    assert len(staff.json("patron", "find", "moe", "--at", "DK-900101", "--limit", "1")) == 1
    assert "none" in staff.run("patron", "find", "nobody", "--at", "DK-900101").output
    lines = staff.json("lookups", "--actor", getpass.getuser())["lines"]
    assert [(each["what"], each["hits"], each["searched"]) for each in lines] == [
        ("search", number, "words") for number in (0, 1, 2, 1)
    ]
