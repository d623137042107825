"""Whose patrons a terminal serves, and what it is told and may do without their PIN.

One table of messages, held against the table of handlers, is walked with patrons of the terminal's
own agency and of another one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from catalogue.database import Transaction, metadata
from circulation.jobs.running import run_job
from circulation.kernel.organisation import add_agency, add_branch, find_branch
from circulation.kernel.reasons import BlockReason, Reason
from circulation.kernel.results import UNATTENDED, Branch
from circulation.loans.waiting import try_one
from circulation.loans.work_lists import no_block_conflicts
from circulation.patrons.addresses import NewAddress, add_address
from circulation.patrons.blocks import block_patron
from circulation.patrons.contacts import add_contact
from circulation.patrons.identifiers import IDENTIFIERS, IdentifierKey, add_identifier, find_patron
from circulation.patrons.kinds import ContactKind
from protocols.sip2.handlers import HANDLERS
from protocols.sip2.messages import (
    BlockPatron,
    Checkin,
    Checkout,
    EndPatronSession,
    FeePaid,
    Hold,
    ItemInformation,
    ItemStatusUpdate,
    Login,
    PatronEnable,
    PatronInformation,
    PatronStatusRequest,
    Renew,
    RenewAll,
    SCStatus,
)
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.fees import charge
from tests.builders.holds import a_hold
from tests.builders.pins import hashed
from tests.builders.tables import rows_of
from tests.protocols.sip2.conftest import ATerminal
from tests.protocols.sip2.terminals import PASSWORD, Terminal

NOW = "20261125    120000"
LATER = "20261224    235959"
AN_HOUR_AGO = "20261125    110000"
CARD, OLD_CARD, LOGIN, NATIONAL = "P9000001", "P8000001", "sofie.z", "0504871234"
#: What nobody may read who has not shown that they are, or serve, this patron.
PERSONAL = (
    "Sofie",
    "Zimmermann",
    OLD_CARD,
    LOGIN,
    "050487",
    "19870405",
    "sofie@example.org",
    "+4512345678",
    "Lindevej",
    "Kærlighed",  # on loan
    "Ensomhed",  # on hold
    "73.50",  # owed
    "I7000001",
    "I7000002",
)
#: What one of them costs, or is called, does not count where a message names the item itself.
OF_ITEM = ("I7000001", "Kærlighed", "I7000002", "Ensomhed")
#: Everything that an account may show is shown.
ALL_SHOWN: dict[str, Any] = {
    "kind": "desk",
    "show_personal_details": True,
    "show_hold_patron": True,
    "show_amount_owed": True,
    "show_home_library": True,
    "show_fee_limit": True,
    "print_lines": "receipt",
    "extra_patron_fields": ["DE={expires}", "ZY={name} {email} {identifier}"],
}


@dataclass(frozen=True)
class Said:
    """A message; `{aa}` is the patron, `{ad}` the field of the PIN, where the message has one."""

    text: str
    changes: bool = False  # something, where it is allowed
    tells: str = ""  # what the answer holds where it is allowed
    before: Callable[[Terminal], object] | None = None
    has_pin: bool = True


def _checked_in(terminal: Terminal) -> None:
    terminal.ask(f"09N{NOW}{NOW}AP|AO|ABI7000001|AC|".encode())


_DATES = f"{NOW}{LATER}"
MESSAGES: dict[type, tuple[Said, ...]] = {
    Login: (Said(f"9300CNkiosk|CO{PASSWORD}|", has_pin=False),),
    SCStatus: (Said("9900802.00", has_pin=False),),
    PatronStatusRequest: (Said(f"23001{NOW}AO|AA{{aa}}|AC|{{ad}}", tells="Sofie Zimmermann"),),
    PatronInformation: tuple(
        Said(f"63001{NOW}{summary}AO|AA{{aa}}|{{ad}}", tells=tells)
        for summary, tells in (
            (" " * 10, "sofie@example.org"),
            ("Y         ", "AE"),
            (" Y        ", "AE"),
            ("  Y       ", "AUI7000001"),
            ("   Y      ", "73.50"),
            ("    Y     ", "AE"),
            ("     Y    ", "CD"),
            ("      Y   ", "FA73.50"),
        )
    ),
    BlockPatron: (Said(f"01N{NOW}AO|ALleft behind|AA{{aa}}|AC|", changes=True, has_pin=False),),
    PatronEnable: (
        Said(
            f"25{NOW}AO|AA{{aa}}|{{ad}}",
            changes=True,
            tells="Sofie",
            before=lambda terminal: _blocked(terminal.library),
        ),
    ),
    ItemInformation: (Said(f"17{NOW}AO|ABI7000001|", has_pin=False),),
    ItemStatusUpdate: (Said(f"19{NOW}AO|ABI7000003|CHred|", has_pin=False),),
    Checkout: (
        Said(f"11NN{_DATES}AO|AA{{aa}}|ABI7000003|AC|{{ad}}", changes=True, tells="AJFri"),
        Said(f"11YN{_DATES}AO|AA{{aa}}|ABI7000001|AC|{{ad}}", changes=True),
        Said(f"11NN{_DATES}AO|AA{{aa}}|ABI7000001|AC|{{ad}}BIY|", changes=True, before=_checked_in),
    ),
    Checkin: (Said(f"09N{NOW}{NOW}AP|AO|ABI7000001|AC|", changes=True, has_pin=False),),
    Renew: (
        Said(f"29NN{_DATES}AO|AA{{aa}}|{{ad}}ABI7000001|", changes=True),
        Said(f"29NN{_DATES}AO|AA{{aa}}|{{ad}}AJKærlighed|", changes=True, tells="ABI7000001"),
    ),
    RenewAll: (Said(f"65{NOW}AO|AA{{aa}}|{{ad}}", changes=True, tells="BMI7000001"),),
    Hold: (
        Said(f"15+{NOW}BSDK-900101|AO|AA{{aa}}|{{ad}}ABI7000003|", changes=True),
        Said(f"15-{NOW}AO|AA{{aa}}|{{ad}}ABI7000002|", changes=True),
        Said(f"15*{NOW}BW{LATER}|AO|AA{{aa}}|{{ad}}ABI7000002|", changes=True),
    ),
    FeePaid: (Said(f"37{NOW}0100DKKBV10.00|AO|AA{{aa}}|{{ad}}", changes=True),),
    EndPatronSession: (Said(f"35{NOW}AO|AA{{aa}}|{{ad}}"),),
}
EVERY = [
    pytest.param(said, id=f"{kind.__name__}-{number}")
    for kind, several in MESSAGES.items()
    for number, said in enumerate(several)
]
#: All of them, in an order in which each finds what it is about.
REFUSED = sorted(
    (said for several in MESSAGES.values() for said in several),
    key=lambda said: (said.before is not None, said.text.startswith("09")),
)
#: The messages about items alone, which change something for whom no PIN is asked.
OF_ITEMS = ("09", "19")
#: The message about a patron that has no field for a PIN.
BLOCK = "01"
#: What changes with every message, or says only that a PIN was wrong, or who has looked at whom.
_NOT_COMPARED = {
    *("replies", "item_replies", "events", "pin_failures", "locked_devices", "patron_traits"),
    "lookups",
}
_ROWS = {
    name: rows_of(table) for name, table in metadata.tables.items() if name not in _NOT_COMPARED
}


def snapshot(library: Library) -> dict[str, list[Any]]:
    def work(transaction: Transaction) -> dict[str, list[Any]]:
        return {name: sorted(map(repr, rows(transaction))) for name, rows in _ROWS.items()}

    return library.read(work)


def _blocked(library: Library) -> None:
    def work(transaction: Transaction) -> None:
        patron_id = find_patron(transaction, CARD)
        assert patron_id is not None
        desk = library.desk()
        block_patron(library.act(transaction, desk), patron_id, BlockReason.SELF_SERVICE)

    library.write(work)


def a_person(library: Library, home: Branch) -> None:
    """A patron with all that can be known of one: a loan, a hold, a debt, an address."""
    IDENTIFIERS.put(library.circulation, IdentifierKey(b"sixteen bytes ok"))
    library.pass_time(hours=-2)
    a_patron(
        library,
        OLD_CARD,
        home_branch=home.id,
        given_name="Sofie",
        family_name="Zimmermann",
        birth_date=date(1987, 4, 5),
        email="sofie@example.org",
        phone="+4512345678",
        expires=date(2027, 6, 30),
        pin_hash=hashed("1234"),
    )
    library.pass_time(hours=1)

    def identified(transaction: Transaction) -> None:
        patron_id = find_patron(transaction, OLD_CARD)
        assert patron_id is not None
        for identifier, kind in ((LOGIN, "login"), (NATIONAL, "national_id")):
            add_identifier(library.act(transaction, UNATTENDED), patron_id, identifier, kind)
        add_identifier(library.act(transaction, UNATTENDED), patron_id, CARD, "card")
        act = library.act(transaction, UNATTENDED)
        add_address(act, patron_id, NewAddress(lines="Lindevej 7, 2000 Frederiksberg"))
        add_contact(act, patron_id, ContactKind.EMAIL, "sofie@example.org")

    library.write(identified)
    an_item(library, "I7000001", title="Kærlighed", on_loan_to=OLD_CARD)
    an_item(library, "I7000002", title="Ensomhed", on_loan_to=a_patron(library, "P6000001"))
    a_hold(library, OLD_CARD, "I7000002", at=library.main)
    an_item(library, "I7000003", title="Fri")
    charge(library, OLD_CARD, 7350)
    library.pass_time(hours=1)


def another_agency(library: Library) -> Branch:
    def work(transaction: Transaction) -> Branch:
        agency = add_agency(transaction, 1, "DK-900200", "Nabokommunens Biblioteker")
        add_branch(transaction, agency, "DK-900201", "Nabobiblioteket")
        found = find_branch(transaction, isil="DK-900201")
        assert found is not None
        return found

    return library.write(work)


@pytest.fixture
def stranger(library: Library) -> Library:
    """A library in whose stock a patron of another agency has a loan, a hold and a debt."""
    library.policy(loan_days=28, renewals=9, renewal_from="due")
    a_person(library, another_agency(library))
    return library


def test_every_message_is_here() -> None:
    assert set(MESSAGES) == set(HANDLERS)


def spoken(terminal: Terminal, said: Said, pin: str = "", aa: str = CARD) -> tuple[str, bool]:
    """The answer, and whether anything has changed."""
    if said.before is not None:
        said.before(terminal)
    before = snapshot(terminal.library)
    field = f"AD{pin}|" if pin else ""
    answer = terminal.ask(said.text.format(aa=aa, ad=field).encode()).decode()
    return answer, snapshot(terminal.library) != before


def assert_nothing_personal(answer: str, said: Said, aa: str = CARD) -> None:
    named = tuple(each for each in OF_ITEM if each in said.text)
    if "ABI7000001" in said.text:
        named += ("Kærlighed",)
    if "ABI7000002" in said.text:
        named += ("Ensomhed",)
    for each in PERSONAL:
        if each not in named and each != aa:
            assert each not in answer, answer
    if "{aa}" not in said.text:
        assert CARD not in answer, answer


@pytest.mark.parametrize(
    ("aa", "pin"),
    [(CARD, ""), (CARD, "9999"), (CARD, "    "), (LOGIN, ""), (NATIONAL, "")],
    ids=["no PIN", "wrong PIN", "blank PIN", "login", "national number"],
)
def test_of_another_agency_without_the_pin_nothing_is_told_and_nothing_is_done(
    stranger: Library, a_terminal: ATerminal, aa: str, pin: str
) -> None:
    terminal = a_terminal(**ALL_SHOWN)
    for said in REFUSED:
        answer, changed = spoken(terminal, said, pin, aa)
        assert_nothing_personal(answer, said, aa)
        if aa != CARD:
            assert CARD not in answer, answer
        assert changed == said.text.startswith((*OF_ITEMS, BLOCK)), said


@pytest.mark.parametrize("said", EVERY)
@pytest.mark.parametrize(
    ("options", "pin"),
    [
        ({}, "1234"),
        ({"require_patron_pin": "nobody"}, ""),
        ({"serves_patrons_of": ["DK-900200"], "require_patron_pin": "all"}, "1234"),
    ],
    ids=["PIN", "PIN of nobody", "listed"],
)
def test_of_another_agency_all_is_done_with_the_pin_or_where_the_account_says_so(
    stranger: Library, a_terminal: ATerminal, said: Said, options: dict[str, Any], pin: str
) -> None:
    answer, changed = spoken(a_terminal(**ALL_SHOWN | options), said, pin)
    assert changed == (said.changes or said.text.startswith(OF_ITEMS)), answer
    assert said.tells in answer


@pytest.mark.parametrize("is_own", [True, False])
def test_a_kiosk_blocks_the_card_that_it_kept_where_a_pin_is_required(
    library: Library, a_terminal: ATerminal, is_own: bool
) -> None:
    a_person(library, library.main if is_own else another_agency(library))
    kiosk = a_terminal(**ALL_SHOWN | {"kind": "self-service", "require_patron_pin": "all"})
    for _ in range(2):
        answer = kiosk.ask(f"01Y{NOW}AO|ALleft behind|AA{CARD}|AC|".encode()).decode()
        assert answer.startswith("24YYYY")
        assert f"|AA{CARD}|AE|BLY|AFYour card was blocked at a machine" in answer
        library.pass_time(minutes=1)
    said = Said("", has_pin=False)
    assert_nothing_personal(answer.replace(CARD, ""), said)
    lent = kiosk.ask(f"11NN{_DATES}AO|AA{CARD}|ABI7000003|AC|AD1234|".encode()).decode()
    assert lent.startswith("120")
    unknown = kiosk.ask(f"01Y{NOW}AO|ALleft behind|AAnone|AC|".encode()).decode()
    assert "|BLN|AFThe card is not known here." in unknown


@pytest.mark.parametrize("serves", ["own", [], ["DK-900300"]])
def test_whoever_is_not_served_is_told_nothing_even_with_the_pin(
    stranger: Library, a_terminal: ATerminal, serves: Any
) -> None:
    terminal = a_terminal(**ALL_SHOWN, serves_patrons_of=serves, require_patron_pin="nobody")
    for said in REFUSED:
        answer, changed = spoken(terminal, said, "1234")
        assert_nothing_personal(answer, said)
        assert changed == said.text.startswith(OF_ITEMS), said
        if "{aa}" in said.text and not said.text.startswith("35"):
            assert "This machine does not serve patrons of your library." in answer
            assert "|BLY|" not in answer


@pytest.mark.parametrize("said", EVERY)
def test_of_the_own_agency_no_pin_is_asked_for(
    library: Library, a_terminal: ATerminal, said: Said
) -> None:
    library.policy(loan_days=28, renewals=9, renewal_from="due")
    another_agency(library)
    a_person(library, library.main)
    answer, changed = spoken(a_terminal(**ALL_SHOWN, serves_patrons_of="own"), said)
    assert changed == (said.changes or said.text.startswith(OF_ITEMS)), answer
    assert said.tells in answer


def test_a_return_names_the_borrower_where_the_account_serves_them_without_a_pin(
    stranger: Library, a_terminal: ATerminal
) -> None:
    terminal = a_terminal(**ALL_SHOWN | {"require_patron_pin": "nobody"})
    assert f"|AA{CARD}|" in terminal.ask(f"09N{NOW}{NOW}AP|AO|ABI7000001|AC|".encode()).decode()
    kept = terminal.ask(f"09N{NOW}{NOW}AP|AO|ABI7000002|AC|".encode()).decode()
    assert f"|CY{CARD}|DASofie Zimmermann|" in kept


def test_whom_an_item_waits_for_is_not_named_where_they_must_give_their_pin(
    stranger: Library, a_terminal: ATerminal
) -> None:
    kept = a_terminal(**ALL_SHOWN).ask(f"09N{NOW}{NOW}AP|AO|ABI7000002|AC|".encode()).decode()
    assert "|AAP6000001|" in kept
    assert "|CV01|" in kept
    assert "|CY" not in kept
    assert "|DA" not in kept


# What happened off line


def off_line(code: str, when: str, more: str = "") -> Said:
    return Said(f"{code}NY{when}{LATER}AO|AA{{aa}}|ABI7000003|AC|{{ad}}{more}")


@pytest.mark.parametrize(
    ("pin", "reasons"), [("", (Reason.PIN_MISSING,)), ("9999", (Reason.PIN_WRONG,)), ("1234", ())]
)
def test_what_a_patron_of_another_agency_was_lent_off_line_needs_the_pin_too(
    stranger: Library, a_terminal: ATerminal, pin: str, reasons: tuple[Reason, ...]
) -> None:
    """Without it the act is accepted and is for staff to settle; nothing is told either way."""
    terminal, said = a_terminal(**ALL_SHOWN), off_line("11", AN_HOUR_AGO)
    answer, _ = spoken(terminal, said, pin, LOGIN)
    assert answer.startswith("121")
    assert_nothing_personal(answer, said, LOGIN)
    assert CARD not in answer
    lines = stranger.read(no_block_conflicts).lines
    assert [each.reasons for each in lines] == ([reasons] if reasons else [])
    assert [each.barcode for each in lines] == (["I7000003"] if reasons else [])
    state = terminal.ask(f"17{NOW}AO|ABI7000003|".encode())
    assert state.startswith(b"1803" if reasons else b"1804")


@pytest.mark.parametrize("code", ["11", "29"])
def test_a_patron_of_another_agency_is_lent_to_off_line_where_no_pin_is_needed(
    stranger: Library, a_terminal: ATerminal, code: str
) -> None:
    terminal = a_terminal(**ALL_SHOWN | {"require_patron_pin": "nobody"})
    said = off_line(code, AN_HOUR_AGO)
    assert spoken(terminal, said)[0].startswith("121" if code == "11" else "301")
    lines = stranger.read(no_block_conflicts).lines
    assert Reason.PIN_MISSING not in [reason for each in lines for reason in each.reasons]


@pytest.mark.parametrize("when", [NOW, "20261125    115930", " " * 18, "20271125    120000"])
def test_what_is_dated_just_now_was_made_on_line_and_is_left_to_the_staff(
    stranger: Library, a_terminal: ATerminal, when: str
) -> None:
    said = off_line("11", when)
    answer, _ = spoken(a_terminal(**ALL_SHOWN), said)
    assert answer.startswith("121")
    assert_nothing_personal(answer, said)
    (line,) = stranger.read(no_block_conflicts).lines
    assert line.reasons == (Reason.PIN_MISSING,)
    terminal = a_terminal(**ALL_SHOWN)
    loan = terminal.ask(f"17{NOW}AO|ABI7000003|".encode())
    assert loan.startswith(b"1803")
    assert terminal.ask(said.text.format(aa=CARD, ad="AD1234|").encode()).startswith(b"121")
    assert terminal.ask(f"17{NOW}AO|ABI7000003|".encode()).startswith(b"1804")


@pytest.mark.parametrize("pin", ["", "1234"])
def test_whoever_is_not_served_is_lent_nothing_off_line_either(
    stranger: Library, a_terminal: ATerminal, pin: str
) -> None:
    """The account says that they are lent nothing: what a machine has given them is for staff."""
    terminal = a_terminal(**ALL_SHOWN, serves_patrons_of="own")
    said = off_line("11", AN_HOUR_AGO)
    answer, _ = spoken(terminal, said, pin)
    assert answer.startswith("121")
    assert_nothing_personal(answer, said)
    (line,) = stranger.read(no_block_conflicts).lines
    assert line.reasons == (Reason.PATRON_NOT_SERVED,)
    assert terminal.ask(f"17{NOW}AO|ABI7000003|".encode()).startswith(b"1803")


def test_a_renewal_by_title_without_a_block_tells_no_barcode(
    stranger: Library, a_terminal: ATerminal
) -> None:
    said = Said(f"29NY{AN_HOUR_AGO}{LATER}AO|AA{{aa}}|AJKærlighed|")
    answer, _ = spoken(a_terminal(**ALL_SHOWN), said)
    assert_nothing_personal(answer, said)


def test_a_national_number_that_is_not_served_is_like_an_unknown_one(
    stranger: Library, a_terminal: ATerminal
) -> None:
    """A terminal learns of no person where they are registered."""
    terminal = a_terminal(**ALL_SHOWN, serves_patrons_of="own")

    def answers(number: str) -> list[str]:
        found = []
        for each in MESSAGES.values():
            for said in each:
                if "{aa}" in said.text:
                    text = said.text.format(aa=number, ad="AD1234|")
                    found.append(terminal.ask(text.encode()).decode().replace(number, "NUMBER"))
        return found

    assert answers(NATIONAL) == answers("0504871242")


# Off-line acts that were not believed, and are tried again


def is_lent(terminal: Terminal, item: str) -> bool:
    return not terminal.ask(f"17{NOW}AO|AB{item}|".encode()).startswith(b"1803")


@pytest.mark.parametrize("name", [CARD, NATIONAL])
@pytest.mark.parametrize("serves", ["own", "all"])
@pytest.mark.parametrize("again", ["return", "job"])
def test_what_was_not_believed_is_done_by_no_later_attempt(
    stranger: Library, a_terminal: ATerminal, name: str, serves: str, again: str
) -> None:
    """A terminal would lend to a stranger with two messages, or by waiting for the night."""
    terminal = a_terminal(serves_patrons_of=serves)
    assert terminal.ask(off_line("11", AN_HOUR_AGO).text.format(aa=name, ad="").encode())[:3] == (
        b"121"
    )
    if again == "return":
        returned = f"09Y{AN_HOUR_AGO}{AN_HOUR_AGO}AP|AO|ABI7000003|AC|"
        assert terminal.ask(returned.encode()).startswith(b"101")
    else:
        stranger.pass_time(days=1)
        day, now = stranger.today, stranger.now
        run_job(stranger.circulation, stranger.database, "off-line", day=day, now=now)
    assert not is_lent(terminal, "I7000003")
    (line,) = stranger.read(no_block_conflicts).lines
    assert line.state == "open"


def test_a_card_that_another_agency_gives_out_later_is_lent_to_by_staff_alone(
    library: Library, a_terminal: ATerminal
) -> None:
    neighbour, item = another_agency(library), an_item(library)
    terminal = a_terminal()
    assert terminal.ask(f"11YY{AN_HOUR_AGO}{LATER}AO|AALATER-1|AB{item}|AC|".encode()).startswith(
        b"121"
    )
    a_patron(library, "LATER-1", home_branch=neighbour.id)
    assert not is_lent(terminal, item)
    (line,) = library.read(no_block_conflicts).lines
    assert library.write(lambda t: try_one(library.act(t), line.id)) is None
    assert is_lent(terminal, item)


def test_a_card_that_the_own_agency_gives_out_later_is_lent_to(
    library: Library, a_terminal: ATerminal
) -> None:
    item, terminal = an_item(library), a_terminal()
    terminal.ask(f"11YY{AN_HOUR_AGO}{LATER}AO|AALATER-1|AB{item}|AC|".encode())
    a_patron(library, "LATER-1")
    assert is_lent(terminal, item)
