"""Commands that are described: what their parameters become, and what is printed."""

from __future__ import annotations

from tests.builders.circulation import a_patron
from tests.builders.fees import charge
from tests.builders.staff import Staff


def test_a_list_asked_on_the_way_is_no_page_of_the_answer(staff: Staff) -> None:
    """The currency of the account comes from one line of a list that has more of them."""
    card = a_patron(staff.library)
    for _ in range(2):
        charge(staff.library, card, 5_000)
    page = staff.run("charges", "--patron", card, "--limit", "1")
    assert "more: --cursor" in page.stderr
    assert staff.run("charges", "pay", card, "10").stderr == ""
