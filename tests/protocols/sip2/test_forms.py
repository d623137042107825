"""Answers in the form of FBS, taken apart as its kiosks do it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from catalogue.changes.accession import add_record
from catalogue.items import add_item
from circulation.items.places import store_place_name
from circulation.kernel.reasons import Reason
from circulation.patrons.addresses import NewAddress, add_address
from circulation.patrons.identifiers import find_patron
from protocols.sip2.handling.forms import FBS_CODES
from protocols.sip2.wire.text import MAX_VALUE
from tests.builders.catalogue import a_record
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.danmarc2 import a_danmarc2_record
from tests.builders.fees import charge
from tests.builders.pins import hashed
from tests.protocols.sip2.conftest import ATerminal
from tests.protocols.sip2.terminals import Terminal
from tests.protocols.sip2.transcripts import FOLDER

DATE = "20261125    120000"
FAUST = "06850537"
#: How many parts a kiosk takes each field apart into, where it is not empty.
PARTS = {"AS": 10, "AT": 7, "AU": 7, "AV": 9, "BM": 7, "BN": 8, "BU": 7, "CD": 8, "CH": 5, "AQ": 4}


@pytest.fixture
def kiosk(a_terminal: ATerminal) -> Terminal:
    return a_terminal(profile="fbs", language="en", settings={"repeats_within": 0})


@pytest.fixture
def card(library: Library) -> str:
    return a_patron(library, "P1", pin_hash=hashed("1234"))


def a_danish_item(library: Library, barcode: str, *lines: str, **details: Any) -> str:
    """An item of a record in danMARC2 with these lines."""
    data = a_danmarc2_record(
        "004 00 *r n *a e", f"001 00 *a {FAUST} *b 870970", "008 00 *t m *u f *a 2017", *lines
    )

    def work(transaction: Any) -> None:
        record = add_record(transaction, data, now=library.now, record_format="danmarc2")
        add_item(
            transaction,
            barcode=barcode,
            record_id=record,
            branch_id=library.main.id,
            now=library.now,
            **details,
        )

    library.write(work)
    return barcode


def heal_your_life(library: Library, barcode: str = "I1") -> str:
    return a_danish_item(
        library,
        barcode,
        "009 00 *a a *g xx",
        "100 00 *a Hay *h Louise L.",
        "245 00 *a Helbred dit liv",
        "652 00 *m 61.36",
        department="voksen",
        location="krimi",
    )


def fields(answer: str) -> dict[str, list[str]]:
    """The fields by their ids, each divided where it has parts."""
    found: dict[str, list[str]] = {}
    first = "AO" if "AO" in answer else "AB"
    for part in answer[answer.index(first) :].rstrip("\r").split("|"):
        if part:
            found.setdefault(part[:2], []).append(part[2:])
    return found


def ask(terminal: Terminal, message: str) -> dict[str, list[str]]:
    return fields(terminal.ask(message.encode()).decode())


def known(terminal: Terminal, card: str = "P1") -> dict[str, list[str]]:
    return ask(terminal, f"63009{DATE}YYYYYYYYY|AODK-900100|AA{card}|AC|AD1234|")


def lent(terminal: Terminal, item: str, card: str = "P1") -> dict[str, list[str]]:
    return ask(terminal, f"11NN{DATE}{DATE}|AODK-900100|AA{card}|AB{item}|AC|CH|AD1234|")


def test_a_title_is_its_number_and_its_facts_stand_in_ch(
    library: Library, kiosk: Terminal, card: str
) -> None:
    item = heal_your_life(library)
    answer = lent(kiosk, item)
    assert answer["AJ"] == [FAUST]
    assert answer["CH"] == ["Helbred dit liv%Hay, Louise L.%a%xx%61.36"]
    assert re.fullmatch("[0-9]{8}    000000", answer["AH"][0])
    assert answer["AA"] == ["P1"]
    assert known(kiosk)["AU"] == [
        f"{item}%{answer['AH'][0][:8]}%Helbred dit liv%Hay, Louise L.%a%xx%61.36"
    ]
    about = ask(kiosk, f"17{DATE}|AODK-900100|AB{item}|")
    assert about["AQ"] == ["Hovedbiblioteket%voksen%krimi%"]


def test_a_place_goes_by_its_name(library: Library, kiosk: Terminal, card: str) -> None:
    library.write(
        lambda transaction: store_place_name(
            transaction, library.main.agency_id, "department", "voksen", "Voksen"
        )
    )
    item = heal_your_life(library)
    lent(kiosk, item)
    back = ask(kiosk, f"09N{DATE}{DATE}|APhb|AODK-900100|AB{item}|AC|CH|")
    assert back["AQ"] == ["Hovedbiblioteket%Voksen%krimi%"]
    assert (back["AA"], back["AJ"]) == (["LN:P1"], [FAUST])


def test_loans_and_holds_go_by_the_number_too(library: Library, kiosk: Terminal, card: str) -> None:
    item = heal_your_life(library)
    lent(kiosk, item)
    renewed = kiosk.ask(f"29NN{DATE}{DATE}|AODK-900100|AAP1|AD1234|AJ{FAUST}|".encode())
    assert f"AB{item}|".encode() in renewed
    other = a_patron(library, "P2", pin_hash=hashed("1234"))
    held = kiosk.ask(f"15+{DATE}|AODK-900100|AA{other}|AD1234|AJ{FAUST}|".encode()).decode()
    assert held.startswith("161N")
    assert fields(held)["AJ"] == [FAUST]
    assert known(kiosk, other)["CD"][0].startswith(f"{FAUST}%%2")
    cancelled = kiosk.ask(f"15-{DATE}|AODK-900100|AA{other}|AD1234|AJ{FAUST}|".encode())
    assert cancelled.startswith(b"161")


def test_what_is_ready_is_told_with_its_shelf_and_branch(
    library: Library, a_terminal: ATerminal, card: str
) -> None:
    desk = a_terminal(profile="fbs", kind="desk", settings={"repeats_within": 0})
    item = heal_your_life(library)
    kiosk = a_terminal(profile="fbs", settings={"repeats_within": 0})
    kiosk.ask(f"15+{DATE}|AODK-900100|AAP1|AD1234|AB{item}|".encode())
    desk.ask(f"09N{DATE}{DATE}|APhb|AODK-900100|AB{item}|AC|CH|".encode())
    [ready] = known(kiosk)["AS"]
    number, barcode, shelf, until, branch, *title = ready.split("%")
    assert (number, barcode) == (FAUST, item)
    assert shelf.isdigit()
    assert re.fullmatch("[0-9]{8}", until)
    # As a kiosk looks for the name, without asking whether it is there.
    named = re.search(r"\w{2,3}-\d{6}\s-\s(.*)", branch)
    assert named is not None
    assert named[1] == "Hovedbiblioteket"
    assert title == ["Helbred dit liv", "Hay, Louise L.", "a", "xx", "61.36"]


def test_a_title_that_is_too_long_loses_its_end_and_nothing_else(
    library: Library, kiosk: Terminal, card: str
) -> None:
    item = an_item(library, "I1", title="100 % | " + "x" * 400, author="Å", call_number="99.4")
    properties = lent(kiosk, item)["CH"][0]
    assert len(properties) == MAX_VALUE
    assert properties.split("%")[1:] == ["Å", "", "", "99.4"]
    assert properties.startswith("100    ")
    [line] = known(kiosk)["AU"]
    assert line.split("%")[3:] == ["Å", "", "", "99.4"]


def test_records_of_other_formats_tell_what_they_are(
    library: Library, kiosk: Terminal, card: str
) -> None:
    data = a_record("Abbey Road", control_number="53103545", leader="00000njm a2200000 i 4500")

    def work(transaction: Any) -> None:
        record = add_record(transaction, data, now=library.now)
        at = library.main.id
        add_item(transaction, barcode="I1", record_id=record, branch_id=at, now=library.now)

    library.write(work)
    answer = lent(kiosk, "I1")
    assert answer["AJ"] == ["53103545"]
    assert answer["CH"][0].split("%")[2:] == ["s", "", ""]


def test_who_is_known_and_who_is_not(library: Library, kiosk: Terminal, card: str) -> None:
    def status(sent: str, pin: str = "1234") -> dict[str, list[str]]:
        return ask(kiosk, f"23009{DATE}|AODK-900100|AA{sent}|AC|AD{pin}|")

    assert status("P1")["AA"] == status("LN:P1")["AA"] == ["LN:P1"]
    assert status("P1", "9999")["AA"] == ["ANY:P1"]
    assert status("P9")["AA"] == ["ANY:P9"]
    assert status("0101701234")["AA"] == ["ANY:"]  # no national number goes back


def test_nothing_is_one_empty_field(library: Library, kiosk: Terminal, card: str) -> None:
    empty = known(kiosk)
    assert [empty[code] for code in ("AS", "AT", "AU", "AV", "BU", "CD")] == [[""]] * 6
    assert (empty["BH"], empty["BV"]) == (["DKK"], ["0.00"])
    assert [empty[code] for code in ("BZ", "CA", "CB")] == [["9999"]] * 3
    assert "CK" not in lent(kiosk, an_item(library))


def test_a_fee_has_its_number_and_its_day(library: Library, kiosk: Terminal, card: str) -> None:
    charge(library, "P1", 17_500)
    answer = known(kiosk)
    [line] = answer["AV"]
    barcode, number, day, amount, *title = line.split("%")
    assert (barcode, amount, day) == ("", "175.00", f"{library.today:%Y%m%d}")
    assert len(title) == 5
    paid = kiosk.ask(f"37{DATE}0102DKKBV175.00|AODK-900100|AAP1|AC|CG{number}|".encode())
    assert paid.startswith(b"38Y")


def test_an_address_comes_in_parts(library: Library, kiosk: Terminal, card: str) -> None:
    number = library.read(lambda transaction: find_patron(transaction, "P1"))
    assert number is not None
    given = NewAddress(street="Hack Kampmanns Plads", house_number="2", postal_code="8000")
    library.write(
        lambda transaction: add_address(
            library.act(transaction), number, given._replace(city="Aarhus")
        )
    )
    assert known(kiosk)["BD"] == ["Hack Kampmanns Plads 2%8000%Aarhus%DK"]


def test_codes_stand_in_brackets_and_the_rest_is_said_in_words(
    library: Library, kiosk: Terminal, card: str
) -> None:
    assert set(FBS_CODES) == {Reason.RENEWAL_WINDOW_NOT_OPEN, Reason.ITEM_UNKNOWN}
    item = an_item(library)
    lent(kiosk, item)
    early = ask(kiosk, f"29NN{DATE}{DATE}|AODK-900100|AAP1|AD1234|AB{item}|")
    assert early["AF"] == ["[BEFORE_RENEW_PERIOD]"]
    assert lent(kiosk, "nothing")["AF"] == ["[MATERIAL_NOT_FOUND]"]
    assert ask(kiosk, f"17{DATE}|AODK-900100|ABnothing|")["AF"] == ["[MATERIAL_NOT_FOUND]"]
    other = a_patron(library, "P2", pin_hash=hashed("1234"))
    assert lent(kiosk, item, other)["AF"][0].endswith(".")
    listed = ask(kiosk, f"65{DATE}|AODK-900100|AAP1|AD1234|")
    assert listed["BN"][0].split("%")[:2] == [item, "BEFORE_RENEW_PERIOD"]


def test_a_terminal_without_the_profile_is_told_as_ever(
    library: Library, a_terminal: ATerminal, card: str
) -> None:
    terminal = a_terminal(language="en")
    item = heal_your_life(library)
    assert lent(terminal, item)["AJ"] == ["Helbred dit liv"]
    answer = known(terminal)
    assert (answer["AA"], "AU" in answer, "AS" in answer) == (["P1"], False, False)


def test_every_answer_in_the_transcript_can_be_taken_apart() -> None:
    text = (FOLDER / "15-a-kiosk-made-for-fbs.txt").read_text(encoding="utf-8")
    seen = set()
    for line in text.splitlines():
        if line.startswith("< ") and "|" in line:
            for code, values in fields(line[2:]).items():
                for value in filter(None, values):
                    if code in PARTS:
                        assert len(value.split("%")) == PARTS[code], line
                        seen.add(code)
    assert seen >= {"AT", "AU", "BN", "CD", "CH", "AQ"}
