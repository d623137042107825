"""What goes to the hold shelf or elsewhere, by scanner alone; what is ready is handed over."""

from __future__ import annotations

from collections.abc import Iterator
from time import sleep

import pytest
from selenium.webdriver.common.keys import Keys

from circulation.patrons.groups import add_group, join_group
from circulation.staff.workstations import Printer, add_workstation
from tests.builders.accounts import at_no_desk
from tests.builders.circulation import a_patron, an_item
from tests.builders.fees import charge, number_of
from tests.builders.holds import ask, title
from tests.protocols.desk.browser import Desk
from tests.protocols.desk.stage import NAME, PASSWORD, Stage
from tests.protocols.desk.test_printing import PAPER_OUT, FakePrinter
from tests.protocols.desk.test_tasks import Counting

NAMES = iter(range(1, 100))


@pytest.fixture
def printer() -> Iterator[FakePrinter]:
    printer = FakePrinter()
    yield printer
    printer.close()


@pytest.fixture
def at(desk: Desk, stage: Stage, printer: FakePrinter) -> Counting:
    """A registered workstation with a printer."""
    with stage.library() as library:
        branch_id, name = library.main.id, f"Desk {next(NAMES)}"
        its = Printer("escpos", printer.address)
        key = at_no_desk(library, lambda act: add_workstation(act, name, branch_id, its))
    desk.browser.delete_all_cookies()
    desk.browser.add_cookie({"name": "tiro-workstation", "value": key, "path": "/"})
    return Counting(desk.log_in(NAME, PASSWORD), stage)


def test_return_with_a_hold_takes_one_scan_and_the_note_prints(
    at: Counting, printer: FakePrinter
) -> None:
    """Task 3."""
    with at.stage.library() as library:
        item = an_item(library)
        ask(library, a_patron(library), title(library, item))
    at.scan(item)
    assert at.rows(1) == ["checked_in"]
    assert item.encode() in printer.wait()
    assert at.strokes == 1


def test_return_of_what_goes_elsewhere_takes_one_scan_and_the_slip_prints(
    at: Counting, printer: FakePrinter
) -> None:
    """Task 4."""
    with at.stage.library() as library:
        item = an_item(library, home=library.other)
    at.scan(item)
    assert at.rows(1) == ["checked_in"]
    assert b"Havnefilialen" in printer.wait()
    assert at.strokes == 1


def test_ready_holds_are_handed_over_by_a_card_and_a_scan_for_each(
    desk: Desk, stage: Stage
) -> None:
    """Task 14: where they stand is shown."""
    with stage.library() as library:
        card, items = a_patron(library), [an_item(library), an_item(library)]
        for item in items:
            ask(library, card, title(library, item))
            library.check_in(item)
    at = Counting(desk, stage)
    at.scan(card)
    assert len(desk.wait(".ready b.big", 2)) == 2
    at.scan(*items)
    assert at.rows(3) == ["patron", "checked_out", "checked_out"]
    assert at.strokes == 3
    assert not desk.browser.find_elements("css selector", ".ready")


def test_who_waits_for_a_note_learns_what_is_wrong_with_the_printer(
    at: Counting, printer: FakePrinter
) -> None:
    printer.status = PAPER_OUT
    with at.stage.library() as library:
        item = an_item(library, home=library.other)
    at.scan(item)
    at.desk.wait('[data-part="duties"] .todo')
    for _ in range(200):
        if "There is no paper" in at.desk.text('[data-part="duties"]'):
            break
        sleep(0.05)
    assert "There is no paper" in at.desk.text('[data-part="duties"]')
    printer.status = b"\x12"
    at.alt("y")
    assert b"Havnefilialen" in printer.wait()


def test_a_chosen_return_gives_its_note_again_where_there_is_no_printer(
    desk: Desk, stage: Stage
) -> None:
    with stage.library() as library:
        item = an_item(library, home=library.other)
    desk.scan(item)
    desk.outcomes(1)
    desk.keys(Keys.ARROW_DOWN)
    desk.keys(Keys.F9)
    desk.wait(f'.receipt svg[aria-label="{item}"]')
    assert "Havnefilialen" in desk.text(".receipt")


def test_an_item_that_is_looked_up_gives_its_label(desk: Desk, stage: Stage) -> None:
    with stage.library() as library:
        item = an_item(library, call_number="86-4 Ditlevsen")
    desk.keys(Keys.F3)
    desk.scan(item)
    desk.outcomes(1)
    desk.keys(Keys.ARROW_DOWN)
    desk.keys(Keys.F9)
    desk.wait(f'.receipt svg[aria-label="{item}"]')
    assert desk.text(".receipt").splitlines()[:2] == ["86-4", "Ditlevsen"]


def slip(desk: Desk, digit: str, heading: str) -> str:
    """What a digit and F9 have put on the screen: there is no printer."""
    desk.keys(digit, Keys.F9)
    desk.says(".paper h2", heading)
    return desk.text(".receipt")


def test_each_slip_has_a_digit(desk: Desk, stage: Stage) -> None:
    with stage.library() as library:
        card = a_patron(library, language="en")
        lent, back = an_item(library), an_item(library, on_loan_to=card)
        charge(library, card, 5000)
        number = number_of(library, card)
        school = library.write(lambda t: add_group(t, library.main.agency_id, f"School {number}"))
        library.write(lambda t: join_group(library.act(t), school, number))
    desk.chord(Keys.SHIFT, Keys.F9)
    lines = desk.wait('[data-line^="slip "]', 7)
    assert [each.text.splitlines()[-1] for each in lines] == [f"{each} F9" for each in range(1, 8)]
    assert "Open a patron first" in lines[0].text
    desk.keys(Keys.ESCAPE)
    desk.scan(back, card, lent)
    desk.outcomes(3)
    desk.chord(Keys.ALT, "b")
    desk.says('[data-part="duties"]', "was taken")
    desk.chord(Keys.ALT, "b")
    desk.says('[data-part="said"]', "was paid")
    assert lent in slip(desk, "1", "Receipt")
    assert lent in (loans := slip(desk, "2", "Loan receipt"))
    assert back not in loans
    assert back in (returns := slip(desk, "3", "Return receipt"))
    assert "Receipt no. " in returns
    assert "You owe nothing more." in slip(desk, "4", "Payment receipt")
    assert "Loans: 1" in slip(desk, "5", "Patron status")
    assert lent in slip(desk, "6", f"Gruppelån: School {number}")
    assert "____" in slip(desk, "7", "Nødlån")


def test_a_slip_that_would_say_nothing_is_none(desk: Desk, stage: Stage) -> None:
    with stage.library() as library:
        card = a_patron(library)
    desk.scan(card)
    desk.outcomes(1)
    desk.keys("2", Keys.F9)
    desk.says('[data-part="said"]', "There is nothing to print")


def test_a_return_that_is_chosen_gives_its_receipt(desk: Desk, stage: Stage) -> None:
    with stage.library() as library:
        back = an_item(library, on_loan_to=a_patron(library))
    desk.scan(back)
    desk.outcomes(1)
    desk.keys(Keys.ARROW_DOWN)
    desk.keys(Keys.F9)
    desk.says(".receipt", "Kvittering nr. ")
    assert back in desk.text(".receipt")


def test_what_the_printer_of_the_desk_gets(at: Counting, printer: FakePrinter) -> None:
    with at.stage.library() as library:
        card = a_patron(library)
    at.prepared(card)
    at.desk.keys("5", Keys.F9)
    assert "Lånerstatus".encode("cp1252") in printer.wait()


@pytest.mark.parametrize("width", [302, 794], ids=["80 mm", "A4"])
def test_paper_has_the_slip_alone(desk: Desk, stage: Stage, width: int) -> None:
    """As the browser prints it, beside whatever else stands on the screen."""
    desk.scan(stage.cards[0])
    desk.outcomes(1)
    desk.keys("5", Keys.F9)
    desk.wait(".paper")
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    desk.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    desk.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        script = "return [document.body.innerText, document.documentElement.scrollWidth]"
        text, wide = desk.browser.execute_script(script)
        assert text.split("\n")[0] == "Lånerstatus"
        assert "Ctrl P" not in text
        assert wide <= width
    finally:
        desk.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "screen"})
        size["width"] = 1366
        desk.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
