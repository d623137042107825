"""Plain text going out."""

from __future__ import annotations

from catalogue.formats.sutrs import SUTRS
from catalogue.records import Record
from tests.builders.catalogue import a_record


def rendered(data: bytes, element_set: str = "F", record_format: str = "marc21") -> list[str]:
    record = Record(1, record_format, data, "Jord", "Smith, Åse", 2001, "c1")
    text = SUTRS.render(record, element_set).decode()
    assert text.endswith("\n")
    assert all(len(line) <= 72 or " " not in line.strip() for line in text.split("\n"))
    return text.splitlines()


DATA = a_record(
    "Soil :",
    "Smith, Åse",
    "0306406152",
    ["Soils"],
    subtitle="an introduction to the ground we stand on, walk on, build on and live on",
    control_number="c1",
    fields=[
        ("500", "  ", ["a", "A  note\n with   blanks", "5", "DLC"]),
        ("856", "40", ["u", "http://example.org/" + "x" * 90]),
        ("880", "10", ["6", "245-01/$1", "a", "土"]),
        ("952", "  ", ["a", "local"]),
        ("599", "  ", ["9", "x"]),
    ],
)


def test_full_shows_every_field_under_its_name() -> None:
    assert rendered(DATA) == [
        "Record: c1",
        "ISBN: 0306406152",
        "Author: Smith, Åse",
        "Title: Soil : an introduction to the ground we stand on, walk on, build",
        "    on and live on",
        "Subject: Soils",
        "Note: A note with blanks",
        "Address:",
        "    http://example.org/" + "x" * 90,
        "Title: 土",
        "952: local",
    ]


def test_brief_shows_the_main_fields() -> None:
    labels = [line.partition(":")[0] for line in rendered(DATA, "b") if not line.startswith(" ")]
    assert labels == ["Record", "ISBN", "Author", "Title", "Title"]


def test_other_formats_show_their_tags() -> None:
    assert "245: Soil : an introduction to the ground we stand on, walk on, build on" in rendered(
        DATA, "F", "danmarc2"
    )
    assert rendered(DATA, "B", "danmarc2") == [
        "Record: c1",
        "Author: Smith, Åse",
        "Title: Jord",
        "Published: 2001",
    ]
