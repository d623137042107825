"""`tiro patron find`."""

from __future__ import annotations

import getpass

from tests.builders.circulation import a_patron
from tests.builders.staff import Staff


def test_a_patron_is_found_by_words_and_the_log_tells_how_many(staff: Staff) -> None:
    card = a_patron(staff.library, given_name="Åse", family_name="Møller", phone="22334455")
    a_patron(staff.library, given_name="Bo", family_name="Møller")
    at = ("--at", "DK-900101")
    [found] = staff.json("patron", "find", "moel", "Aase", *at)["patrons"]
    assert (found["card"], found["name"]) == (card, "Åse Møller")
    assert found["home_branch"]["isil"] == "DK-900101"
    assert (found["phone"], found["is_protected"], found["is_deceased"]) == (
        "+4522334455",
        False,
        False,
    )
    assert len(staff.json("patron", "find", "moe", *at)["patrons"]) == 2
    page = staff.json("patron", "find", "moe", *at, "--limit", "1")
    assert len(page["patrons"]) == 1
    following = staff.json("patron", "find", "moe", *at, "--cursor", page["next"])
    assert len(following["patrons"]) == 1
    assert "complete" in staff.run("patron", "find", "nobody", "--at", "DK-900101").output
    lines = staff.json("lookups", "--actor", getpass.getuser())["lines"]
    assert [(each["what"], each["hits"], each["searched"]) for each in lines] == [
        ("search", number, "words") for number in (0, 1, 1, 2, 1)
    ]
