"""Announcements as TOML and CSV."""

from __future__ import annotations

from datetime import date

from circulation.accession.announcing import AnnouncedDelivery, AnnouncedLine
from circulation.accession.delivery_files import read_csv, read_toml

TOML = """\
supplier = "Bogs"
order_number = "117"
branch = "DK-900101"
expected = 2026-12-01

[[items]]
isbn = "9780140449136"
copies = 2
price = "199,95"
currency = "DKK"

[[items]]
isbn = 9788700000018
barcode = "S1"
title = "Ny"
branch = "DK-900102"
"""
CSV = """\
supplier;order_number;branch;expected;isbn;copies;price;currency;barcode;title
Bogs;117;DK-900101;2026-12-01;9780140449136;2;199,95;DKK;;

Bogs;118;DK-900101;;1234;;;;;"Et ""nyt"" værk"
Bogs;117;DK-900102;;9788700000018;1;;DKK;S1;Ny
"""
DELIVERY = AnnouncedDelivery(
    "Bogs",
    "117",
    "DK-900101",
    (
        AnnouncedLine("9780140449136", 2, price=19_995, currency="DKK"),
        AnnouncedLine("9788700000018", barcode="S1", title="Ny", branch="DK-900102"),
    ),
    date(2026, 12, 1),
)


def test_toml_announces_one_delivery() -> None:
    declared = read_toml(TOML)
    assert declared.problems == []
    assert declared.deliveries == [DELIVERY]
    assert declared.line(0, 1) == 12
    assert declared.line(0, None) == 1


def test_csv_announces_any_number() -> None:
    declared = read_csv("\ufeff" + CSV)
    assert declared.problems == []
    first, second = declared.deliveries
    assert first.expected == DELIVERY.expected
    assert first.lines[1] == DELIVERY.lines[1]
    assert first.lines[0].price == 19_995
    assert second.lines[0].title == 'Et "nyt" værk'
    assert declared.line(0, 1) == 5
    assert declared.line(1, None) == 4


def test_toml_says_all_that_is_wrong() -> None:
    text = TOML.replace('supplier = "Bogs"', "suplier = 3").replace("copies = 2", "copies = true")
    text = text.replace('"199,95"', '"1995,9999"').replace("2026-12-01", '"soon"')
    assert [(line, words.lstrip(": ")) for line, words in read_toml(text).problems] == [
        (1, "suplier: no such key; did you mean supplier?"),
        (1, "supplier is missing"),
        (4, 'expected: must be a date, such as 2027-01-01, not "soon"'),
        (6, "a price is an amount such as 299.95, not '1995,9999'"),
        (8, "items[1].copies: must be a text, not true"),
    ]
    assert read_toml("x = ").problems[0].text.startswith("this is not TOML")


def test_csv_says_all_that_is_wrong() -> None:
    declared = read_csv(CSV.replace("2026-12-01", "soon").replace(";2;", ";two;"))
    assert [line for line, _ in declared.problems] == [2, 2]
    assert [line for line, _ in read_csv("supplier,isnb\n").problems] == [1, 1, 1, 1]
    assert "not CSV" in read_csv(CSV + '"open').problems[-1].text
