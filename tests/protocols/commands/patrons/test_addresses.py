"""`tiro patron address`, and what is shown of it."""

from __future__ import annotations

from tests.builders.circulation import a_patron
from tests.builders.staff import Staff


def test_an_address_is_added_shown_and_forgotten(staff: Staff) -> None:
    card = a_patron(staff.library)
    [added] = staff.json(
        *("patron", "address", "add", card, "--street", "Lindevej", "--house-number", "7"),
        *("--postal-code", "2000", "--city", "Frederiksberg"),
    )
    assert added["address"] == "Lindevej 7, 2000 Frederiksberg"
    both = staff.json(
        *("patron", "address", "add", card, "--lines", "Strandhuset", "--temporary"),
        *("--from", "2026-07-01", "--until", "2026-07-31", "--country", "SE"),
    )
    assert [each["kind"] for each in both] == ["home", "temporary"]
    shown = staff.json("patron", "show", card)
    assert [each["address"] for each in shown["addresses"]] == [each["address"] for each in both]
    [left] = staff.json("patron", "address", "remove", card, str(added["id"]))
    assert left["address"] == "Strandhuset, SE"
    again = staff.run("patron", "address", "remove", card, str(added["id"]))
    assert again.exit_code == 1
    nowhere = staff.run("patron", "address", "add", card)
    assert "must not be empty" in nowhere.output


def test_a_protected_patron_is_shown_whole_to_whoever_may_see_it(staff: Staff) -> None:
    card = a_patron(staff.library, phone="22334455")
    staff.json("patron", "address", "add", card, "--lines", "Lindevej 7")
    assert staff.json("patron", "change", card, "--protected")["is_protected"]
    shown = staff.json("patron", "show", card)
    assert (shown["protected"], shown["phone"]) == (True, "+4522334455")
    assert [each["address"] for each in shown["addresses"]] == ["Lindevej 7"]
    [hit] = staff.json("patron", "find", card)
    assert (hit["protected"], hit["phone"], hit["address"]) == (True, "", "")
    assert not staff.json("patron", "change", card, "--not-protected")["is_protected"]
