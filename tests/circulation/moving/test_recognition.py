"""How files are written is told from the files, and the load says what to write in the plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from circulation.moving.recognition.amounts import NumberForms
from circulation.moving.recognition.dates import DateForms
from circulation.moving.recognition.encodings import survey_bytes, tell_encoding
from tests.builders.moving import BO, IDA, LENT, PATRONS, OldSystem

DANISH = "1,Bo Åkjær,Søgade 3,RØDOVRE\n2,Ida Jensen,Vej 4,Ærø\n"


def rewrite(path: Path, encoding: str) -> None:
    path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))


def advice(old: OldSystem, kind: str) -> list[str]:
    return old.deliver(may_be_shorter=True)[kind].advice


@pytest.mark.parametrize("encoding", ["cp1252", "cp865", "mac-roman"])
def test_text_is_of_the_encoding_whose_letters_make_words(encoding: str) -> None:
    for text in (DANISH, "Müller,Größe\n", "Öberg,Malmö\n", "ÆØÅ,É\n"):
        assert tell_encoding(text.encode(encoding)) in (encoding, {"cp865": "cp850"}.get(encoding))


def test_bytes_are_surveyed_row_by_row(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    for data, encoding, rows in (
        (DANISH.encode(), "utf-8", (2, 0)),
        (b"\xef\xbb\xbf" + DANISH.encode(), "utf-8-sig", (2, 0)),
        (DANISH.encode("latin-1") * 3, "cp1252", (0, 6)),
        (DANISH.encode("utf-16"), "utf-16", (0, 0)),
        (DANISH.encode("utf-16-be"), "utf-16-be", (0, 0)),
        (b"", "utf-8", (0, 0)),
    ):
        path.write_bytes(data)
        found = survey_bytes(path)
        assert (found.encoding, (found.utf_8, found.other)) == (encoding, rows)


def test_the_load_names_the_encoding(old: OldSystem) -> None:
    rewrite(old.folder / "patrons.csv", "cp1252")
    said = 'patrons.csv: 2 rows are not UTF-8; they look like cp1252: write encoding = "cp1252"'
    assert advice(old, "patrons") == [said]
    old.plan = 'encoding = "cp1252"\n' + old.plan
    assert advice(old, "patrons") == []
    old.write("patrons", IDA, BO)  # what is UTF-8 is not read as anything else without a word
    assert 'write encoding = "utf-8-sig"' in advice(old, "patrons")[0]


def test_a_file_in_two_encodings_is_not_taken_for_one(old: OldSystem) -> None:
    lines = [",".join(row) for row in (PATRONS, IDA, BO)]
    data = "\n".join(lines[:2]).encode("cp1252") + b"\n" + lines[2].encode() + b"\n"
    (old.folder / "patrons.csv").write_bytes(data)
    (said,) = advice(old, "patrons")
    assert "1 row is not UTF-8; it looks like cp1252, and 1 other is UTF-8" in said
    assert "write encoding" not in said


def test_the_load_names_dates_and_decimals(more: OldSystem) -> None:
    more.write("loans", (*LENT[:2], "01-11-2026 10:00", "20-11-2026", *LENT[4:]))
    more.write("debts", ("1", "P1", "F", "25,00", "10,50", "2026-10-01", "late", ""))
    found = more.deliver()
    (said,) = found["loans"].advice
    assert "it may be %d-%m-%Y %H:%M or %m-%d-%Y %H:%M: ask which" in said
    more.write("loans", (*LENT[:2], "31-10-2026 10:00", "20-11-2026", *LENT[4:]))
    (said,) = more.deliver()["loans"].advice
    assert 'it looks like %d-%m-%Y %H:%M: write dates = ["%d-%m-%Y %H:%M"]' in said
    assert found["debts"].advice[0] == '1 amount has a decimal comma: write decimal = ","'


def test_days_and_months_in_the_plan_the_wrong_way_round_are_named() -> None:
    forms = DateForms()
    for text in ("31/12/2026", "24/12/2026", "01/02/2026"):
        assert forms.see(text)
    said = forms.advise(("%m/%d/%Y",))
    assert 'write dates = ["%d/%m/%Y"]' in said
    assert "dates that were read by it are wrong too" in said
    [form] = forms.forms()
    assert (form.form, form.number, form.ambiguous) == ("%d/%m/%Y", 3, 1)


def test_numbers_in_groups_cannot_be_read_and_are_named() -> None:
    numbers = NumberForms()
    assert all(map(numbers.see, ("1.234,50", "kr. 5,00", "12")))
    assert "in groups of three digits" in numbers.advise(",")
    assert not numbers.see("12a")


def test_due_times_at_the_end_of_a_day_tell_utc(old: OldSystem) -> None:
    old.write("loans", (*LENT[:2], "2026-11-01 08:13:00", "2026-11-20 22:59:00", *LENT[4:]))
    (said,) = advice(old, "loans")
    assert "times without a zone are read as Europe/Copenhagen" in said
    due = ("2026-10-24 21:59:59", "2026-11-20 22:59:59", "2026-12-20 22:59:59")
    old.write("loans", *(("1", f"B{n}", day[:10], day, *LENT[4:]) for n, day in enumerate(due, 1)))
    (said,) = advice(old, "loans")
    assert 'write timezone = "UTC"' in said
    old.plan = 'timezone = "UTC"\n' + old.plan
    assert advice(old, "loans") == []


def test_a_wrong_column_or_delimiter_is_named_with_what_is_near(old: OldSystem) -> None:
    old.plan = old.plan.replace('card = "card"', 'card = "cadr"')
    found = old.deliver()
    assert found["patrons"].advice == ["patrons.csv: it has no column 'cadr'; 'card' is near"]
    assert found["patrons"].unread_files == ["patrons.csv: it has no column cadr"]
    assert found["items"].new == 3
    path = old.folder / "items.csv"
    path.write_text(path.read_text().replace(",", ";"))
    assert old.deliver()["items"].advice == [
        'items.csv: its cells are parted by semicolon: write delimiter = ";"'
    ]
