"""`tiro patron address`, and what is shown of it."""

from __future__ import annotations

from tests.builders.circulation import a_patron
from tests.builders.staff import Staff


def test_an_address_is_added_shown_and_forgotten(staff: Staff) -> None:
    card = a_patron(staff.library)
    [added] = staff.json(
        *("patron", "address", "add", card, "--street", "Lindevej", "--house-number", "7"),
        *("--postal-code", "2000", "--city", "Frederiksberg"),
    )["addresses"]
    assert added["text"] == "Lindevej 7\n2000 Frederiksberg"
    both = staff.json(
        *("patron", "address", "add", card, "--lines", "Strandhuset", "--temporary"),
        *("--from", "2026-07-01", "--until", "2026-07-31", "--country", "SE"),
    )["addresses"]
    assert [each["kind"] for each in both] == ["home", "temporary"]
    assert staff.json("patron", "contact", "list", card)["addresses"] == both
    [left] = staff.json("patron", "address", "remove", card, added["number"])["addresses"]
    assert left["text"] == "Strandhuset\nSE"
    again = staff.run("patron", "address", "remove", card, added["number"])
    assert again.exit_code == 1
    nowhere = staff.run("patron", "address", "add", card)
    assert "must not be empty" in nowhere.output


def test_a_protected_patron_is_shown_whole_to_whoever_may_see_it(staff: Staff) -> None:
    card = a_patron(staff.library, phone="22334455")
    staff.json("patron", "address", "add", card, "--lines", "Lindevej 7")
    assert staff.json("patron", "change", card, "--protected")["details"]["is_protected"]
    shown = staff.json("patron", "show", card)["details"]
    assert (shown["is_protected"], shown["phone"]) == (True, "+4522334455")
    [address] = staff.json("patron", "contact", "list", card)["addresses"]
    assert address["text"] == "Lindevej 7"
    [hit] = staff.json("patron", "find", card)["patrons"]
    assert (hit["is_protected"], hit["phone"], hit["address"]) == (True, "", "")
    changed = staff.json("patron", "change", card, "--not-protected")
    assert not changed["details"]["is_protected"]
