"""Holds at the terminal: 15, the lists of 63, and what 10 says of an item that is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from circulation.closures.closing import close_branch
from circulation.holds.results import HoldState
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import a_hold, holds_of, record_of
from tests.builders.pins import hashed
from tests.protocols.sip2.conftest import ATerminal
from tests.protocols.sip2.terminals import Terminal

WHEN = "20261125    120000"


def hold(terminal: Terminal, mode: str, card: str, fields: str) -> str:
    return terminal.ask(f"15{mode}{WHEN}AODK-900100|AA{card}|{fields}".encode()).decode()


def handed_in(terminal: Terminal, barcode: str, branch: str = "DK-900101") -> str:
    message = f"09N{WHEN}{WHEN}AP{branch}|AODK-900100|AB{barcode}|AC|"
    return terminal.ask(message.encode()).decode()


@pytest.mark.parametrize("hold_type", ["", "BY2|", "BY3|"])
def test_type_3_keeps_this_item_and_others_keep_the_title(
    library: Library, terminal: Terminal, hold_type: str
) -> None:
    card, barcode = a_patron(library), an_item(library)
    assert hold(terminal, "+", card, f"{hold_type}AB{barcode}|").startswith("161N")
    (queued,) = holds_of(library, card)
    assert queued.hold.item == (barcode if hold_type == "BY3|" else None)


def test_a_title_goes_by_the_number_of_its_record(library: Library, terminal: Terminal) -> None:
    card, barcode = a_patron(library), an_item(library)
    record = record_of(library, barcode)
    assert hold(terminal, "+", card, f"AJ{record}|").startswith("161N")
    assert hold(terminal, "-", card, f"AJ{record}|").startswith("161N")
    assert holds_of(library, card) == []


@pytest.mark.parametrize("fields", ["", "ABX1|", "AJ99999999|", "AJ99999999999999999999|", "AJ²|"])
def test_what_is_not_there_cannot_be_kept(
    library: Library, terminal: Terminal, fields: str
) -> None:
    card = a_patron(library)
    assert hold(terminal, "+", card, fields).startswith("160N")
    assert hold(terminal, "-", card, fields).startswith("160N")


def test_an_unknown_mode_is_a_negative_answer(library: Library, terminal: Terminal) -> None:
    assert hold(terminal, "?", a_patron(library), f"AB{an_item(library)}|").startswith("160N")


def test_a_wrong_pin_changes_no_hold_and_tells_nothing(
    library: Library, terminal: Terminal
) -> None:
    card = a_patron(library, pin_hash=hashed("1234"))
    barcode = an_item(library)
    a_hold(library, card, barcode)
    for mode in "+-*":
        answer = hold(terminal, mode, card, f"AD4321|AB{barcode}|")
        assert answer.startswith("160N")
        assert "The PIN is wrong." in answer
    assert len(holds_of(library, card)) == 1


def test_the_lists_have_what_is_ready_apart(library: Library, terminal: Terminal) -> None:
    card = a_patron(library)
    ready = an_item(library, title="Sult")
    for title in ("Pan", "Victoria"):
        a_hold(library, card, an_item(library, title, title=title, on_loan_to=a_patron(library)))
    a_hold(library, card, ready)
    library.check_in(ready)

    def asked(summary: str, more: str = "") -> str:
        return terminal.ask(f"63001{WHEN}{summary:10}AO|AA{card}|{more}".encode()).decode()

    answer = asked("Y")
    assert answer[37:61] == "000100000000000000000002"
    assert f"|AS{ready}|" in answer
    assert "|CDPan|CDVictoria|" in asked("     Y")
    assert "|CDVictoria|" in asked("     Y", "BP2|BQ2|")
    assert "|CDPan|" not in asked("     Y", "BP2|BQ2|")
    assert "|CD" not in asked("  Y")


@pytest.mark.parametrize("only_item", [True, False])
def test_a_list_of_holds_has_one_kind_of_thing_and_it_cancels_them(
    library: Library, a_terminal: ATerminal, only_item: bool
) -> None:
    card = a_patron(library)
    item = an_item(library, title="Pan", on_loan_to=a_patron(library))
    a_hold(library, card, item, only_item=only_item)
    message = f"63001{WHEN}     Y    AO|AA{card}|".encode()
    assert f"|CD{item}|" in a_terminal().ask(message).decode()
    assert "|CDPan|" in a_terminal(list_holds_by="title").ask(message).decode()
    assert a_terminal().ask(f"15-{WHEN}AO|AA{card}|AB{item}|".encode()).startswith(b"161")


def test_what_a_machine_has_bound_is_kept_but_not_ready(
    library: Library, a_terminal: ATerminal
) -> None:
    card, item = a_patron(library), an_item(library)
    a_hold(library, card, item)
    terminal = a_terminal()
    returned = terminal.ask(f"09N{WHEN}{WHEN}AP|AO|AB{item}|AC|".encode()).decode()
    assert "|CV01|" in returned
    assert "|CM" not in returned
    assert terminal.ask(f"17{WHEN}AO|AB{item}|".encode()).startswith(b"1808")
    shown = terminal.ask(f"63001{WHEN}     Y    AO|AA{card}|".encode()).decode()
    assert shown[37:61] == "000000000000000000000001"
    assert f"|CD{item}|" in shown


@pytest.mark.parametrize(
    ("options", "state", "message"),
    [
        ({"holds": "route"}, HoldState.WAITING, "For the hold shelf."),
        ({"kind": "sorter"}, HoldState.ON_THE_WAY, "For the hold shelf."),
        ({}, HoldState.ON_THE_WAY, "For the hold shelf."),
        ({"kind": "desk"}, HoldState.READY, "For the hold shelf, place 1."),
    ],
)
def test_an_account_says_what_happens_to_holds(
    library: Library,
    a_terminal: ATerminal,
    options: dict[str, str],
    state: HoldState,
    message: str,
) -> None:
    card, barcode = a_patron(library), an_item(library)
    a_hold(library, card, barcode)
    answer = handed_in(a_terminal(**options), barcode)
    assert answer[5] == "Y"
    assert "|CV01|" in answer
    assert message in answer
    assert holds_of(library, card)[0].hold.state is state


@pytest.mark.parametrize("is_shown", [False, True])
def test_for_whom_an_item_is_kept_is_told_where_the_account_says_so(
    library: Library, a_terminal: ATerminal, is_shown: bool
) -> None:
    card, barcode = a_patron(library), an_item(library)
    a_hold(library, card, barcode, at=library.other)
    answer = handed_in(a_terminal(show_hold_patron=is_shown), barcode)
    assert "|CTDK-900102|CV02|" in answer
    assert ("|DAIda Ørsted|" in answer) == is_shown


def test_a_checkout_taken_back_gives_the_item_to_nobody_else(
    library: Library, terminal: Terminal
) -> None:
    card, other = a_patron(library), a_patron(library)
    barcode = an_item(library)
    terminal.ask(f"11NN{WHEN}{' ' * 18}AO|AA{card}|AB{barcode}|AC|".encode())
    a_hold(library, other, barcode)
    cancel = f"09N{WHEN}{WHEN}APDK-900101|AO|AB{barcode}|AC|BIY|"
    answer = terminal.ask(cancel.encode()).decode()
    assert answer.startswith("101")
    assert "|CV01|" not in answer
    assert holds_of(library, other)[0].hold.state is HoldState.WAITING


@pytest.mark.parametrize(
    ("language", "screen"),
    [
        ("001", "Somebody else waits for this item. Please hand it to the staff."),
        ("003", "Auf dieses Medium wartet jemand anderes. Bitte geben Sie es beim Personal ab."),
        ("009", "En anden venter på dette materiale. Aflever det til personalet."),
    ],
)
def test_a_copy_to_be_fetched_is_not_lent_to_another_and_the_screen_says_why(
    library: Library, a_terminal: ATerminal, language: str, screen: str
) -> None:
    terminal = a_terminal(charset="utf-8")
    ida, ole, barcode = a_patron(library), a_patron(library), an_item(library)
    a_hold(library, ida, barcode)
    terminal.ask(f"63{language}{WHEN}          AODK-900100|AA{ole}|".encode())
    fields = "AODK-900100|AA{}|AB{}|AC|"
    refused = terminal.ask(f"11NN{WHEN}{' ' * 18}{fields.format(ole, barcode)}".encode()).decode()
    assert refused.startswith("120")
    assert f"|AF{screen}|" in refused
    assert "|CV01|" in handed_in(terminal, barcode)
    lent = terminal.ask(f"11NN{WHEN}{' ' * 18}{fields.format(ida, barcode)}".encode()).decode()
    assert lent.startswith("121")
    assert holds_of(library, ida) == []


@pytest.mark.parametrize(
    ("language", "screen"),
    [
        ("001", "Hovedbiblioteket is closed until {day}. Keep it here until then."),
        ("003", "Hovedbiblioteket ist bis {day} geschlossen. Bitte so lange hier behalten."),
        ("009", "Hovedbiblioteket holder lukket indtil {day}. Behold det her så længe."),
    ],
)
def test_the_screen_says_until_when_a_copy_for_a_closed_branch_is_kept(
    library: Library, a_terminal: ATerminal, language: str, screen: str
) -> None:
    ida, barcode = a_patron(library), an_item(library, home=library.other)
    a_hold(library, ida, barcode)
    day = library.today + timedelta(days=3)
    period = {"first": library.today, "last": day - timedelta(days=1), "reason": ""}
    library.write(
        lambda transaction: close_branch(
            library.act(transaction), branch=library.main.isil, **period
        )
    )
    terminal = a_terminal(charset="utf-8")
    terminal.ask(f"63{language}{WHEN}          AODK-900100|AA{ida}|".encode())
    answer = handed_in(terminal, barcode, library.other.isil)
    assert f"|AF{screen.format(day=day)}|" in answer
    assert f"|CT{library.main.isil}|" in answer
