"""`tiro loan class`, `onward`, `back`, `bill` and `receipt`."""

from __future__ import annotations

from pathlib import Path

import pytest

from circulation.kernel.results import Refused
from tests.builders.circulation import a_patron, an_item
from tests.builders.fees import fee_rule
from tests.builders.staff import Staff

HERE = ("--at", "DK-900101")


def on_loan(staff: Staff, card: str) -> list[str]:
    return [each["item"]["barcode"] for each in staff.json("loan", "list", card)["loans"]]


@pytest.mark.parametrize("between", [" ", ";", ", "])
def test_a_class_gets_its_books(staff: Staff, tmp_path: Path, between: str) -> None:
    pupils = [a_patron(staff.library) for _ in range(3)]
    books = [an_item(staff.library) for _ in range(3)]
    file = tmp_path / "9b.csv"
    lines = [f"{pupil}{between}{book}\n" for pupil, book in zip(pupils, books, strict=True)]
    file.write_text("".join([*lines, "\n"]))
    lent = staff.json("loan", "class", str(file), *HERE)
    assert [each["checked_out"]["item"]["barcode"] for each in lent["results"]] == books
    for pupil, book in zip(pupils, books, strict=True):
        assert on_loan(staff, pupil) == [book]
    again = staff.json("loan", "class", str(file), *HERE, code=1)
    assert (again["done"], again["refused"]) == (0, 3)
    assert all(each["reasons"] for each in again["results"])


def test_a_line_that_is_none_lends_nothing(staff: Staff, tmp_path: Path) -> None:
    pupil, book = a_patron(staff.library), an_item(staff.library)
    file = tmp_path / "9b.csv"
    file.write_text(f"{pupil};{book}\n{pupil}\n")
    refused = staff.run("loan", "class", str(file), *HERE)
    assert refused.exit_code == 2
    assert "line 2: a card and a barcode" in refused.output
    assert on_loan(staff, pupil) == []


def test_a_pupil_has_what_the_teacher_borrowed(staff: Staff) -> None:
    teacher = a_patron(staff.library, given_name="Lærke")
    pupil, book = a_patron(staff.library, given_name="Bo"), an_item(staff.library)
    assert not isinstance(staff.library.check_out(teacher, book), Refused)
    lent = staff.json("loan", "onward", book, pupil, *HERE)
    assert (lent["borrower"], lent["holder"]["name"]) == ("Lærke Ørsted", "Bo Ørsted")
    assert on_loan(staff, pupil) == [book]
    back = staff.json("loan", "back", book, *HERE)
    assert (back["holder"], back["due"]) == (None, lent["due"])
    assert on_loan(staff, pupil) == []
    assert on_loan(staff, teacher) == [book]
    refused = staff.json("loan", "onward", an_item(staff.library), pupil, *HERE, code=1)
    assert refused["refused"] == ["ITEM_NOT_ON_LOAN"]


def test_who_does_not_return_it_is_billed_once(staff: Staff) -> None:
    library = staff.library
    fee_rule(library, compensation="price", handling=8_000, currency="DKK")
    card, late, other = (
        a_patron(library),
        *(an_item(library, price=20_000, currency="DKK") for _ in range(2)),
    )
    assert not isinstance(library.check_out(card, other), Refused)
    early = staff.json("loan", "bill", other, *HERE, code=1)
    assert early["refused"] == ["NOTHING_OWED"]
    library.pass_time(days=-40)
    assert not isinstance(library.check_out(card, late), Refused)
    billed = staff.json("loan", "bill", late, *HERE)
    charged = {each["kind"]: each["amount"]["amount"] for each in billed["charged"]}
    assert charged == {"compensation": 28_000}
    assert staff.json("loan", "bill", late, *HERE)["charged"] == []
    (charge,) = staff.json("charges", "--patron", card)["charges"]
    assert (charge["kind"], charge["balance"]) == ("compensation", 28_000)


def test_a_receipt_for_what_came_back_is_kept_once(staff: Staff) -> None:
    card, books = a_patron(staff.library), [an_item(staff.library) for _ in range(2)]
    assert staff.run("loan", "out", card, *books, *HERE).exit_code == 0
    assert staff.json("loan", "receipt", card, *HERE)["returned"] == []
    assert staff.run("loan", "in", *books, *HERE).exit_code == 0
    given = staff.json("loan", "receipt", card, *HERE)
    assert [each["item"] for each in given["returned"]] == books
    assert given["number"]
    assert staff.json("loan", "receipt", card, *HERE) == given
    elsewhere = staff.json("loan", "receipt", card, "--at", "DK-900102")
    assert elsewhere["returned"] == []
    assert staff.json("loan", "receipt", "nobody", *HERE, code=1)["refused"] == ["PATRON_UNKNOWN"]
