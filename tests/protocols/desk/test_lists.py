"""Lists of what is to be seen to: they keep themselves up to date; a scan or a tap is enough."""

from __future__ import annotations

from time import sleep

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from catalogue.database import Transaction
from circulation.callers.machine_refusals import note_machine_refusal
from circulation.closures.closing import lift_closure
from circulation.interlending.asking import Wish
from circulation.interlending.asking import ask as ask_libraries
from circulation.interlending.cases import open_cases
from circulation.interlending.offers import Offer, offered
from circulation.interlending.rows import InterlibraryLoan
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refusal, Refused
from circulation.loans.conflicts import settle_conflict
from circulation.loans.off_line import OffLineReport, Reported, Source, take_report
from circulation.loans.work_lists import no_block_conflicts
from circulation.patrons.identifiers import find_patron
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import ask, title
from tests.builders.interlending import a_partner
from tests.circulation.closures.test_closing import close
from tests.protocols.desk.browser import Desk, a_browser
from tests.protocols.desk.stage import NAME, PASSWORD, Stage


def wanted(library: Library, **details: object) -> str:
    """An item that somebody waits for."""
    item = an_item(library, **details)
    ask(library, a_patron(library), title(library, item))
    return item


def opened(desk: Desk, name: str) -> Desk:
    """The page with this list."""
    desk.browser.get(f"{desk.address}/desk/lists#{name}")
    desk.wait("body[data-ready]")
    return desk


def line(item: str) -> str:
    return f'[data-line="{item}"]'


def gone(desk: Desk, selector: str, patience: float = 10.0) -> None:
    """Waits until nothing is found there any more."""
    while desk.browser.find_elements(By.CSS_SELECTOR, selector):
        patience -= 0.05
        assert patience > 0, desk.text("main")
        sleep(0.05)


def test_a_copy_for_a_closed_branch_is_kept_here(desk: Desk, stage: Stage) -> None:
    with stage.library() as library:
        item = an_item(library)
        ask(library, a_patron(library), title(library, item), at=library.other)
        closed = {"branch": library.other.isil, "first": library.today, "last": library.today}
        close(library, **closed)
    try:
        desk.keys(Keys.F4)
        desk.scan(item)
        desk.says('[data-part="duties"]', "keep it here until then")
        assert "crate" not in desk.text('[data-part="duties"]')
        desk.chord(Keys.ALT, "w")
        desk.says("li[data-code]", "kept here")
        desk.says('[data-part="duties"]', "nothing just now")
    finally:
        with stage.library() as library:
            library.write(lambda transaction: lift_closure(library.act(transaction), **closed))


def test_what_is_found_leaves_the_pick_list_by_one_scan(desk: Desk, stage: Stage) -> None:
    with stage.library() as library:
        item = wanted(library, title="Gift", author="Ditlevsen, Tove")
    opened(desk, "pick").wait(line(item))
    desk.scan(item)
    assert desk.outcomes(1) == [(item, "checked_in")]
    assert "shelf number" in desk.text("li[data-code]")
    gone(desk, line(item))


def test_what_is_found_leaves_the_pick_list_by_one_tap(desk: Desk, stage: Stage) -> None:
    with stage.library() as library:
        item = wanted(library, title="Havn", call_number="0")
    opened(desk, "pick").wait(line(item))
    desk.browser.find_element(By.CSS_SELECTOR, f"{line(item)} [data-act=O]").click()
    assert desk.outcomes(1) == [(item, "checked_in")]
    gone(desk, line(item))


def test_what_is_not_there_is_said_by_one_key_and_stands_there_on_every_screen(
    desk: Desk, stage: Stage
) -> None:
    with stage.library() as library:
        first = wanted(library, title="Alfa", call_number="1")
        second = wanted(library, title="Beta", call_number="2")
    opened(desk, "pick").wait(f"{line(first)}.pick")
    desk.chord(Keys.ALT, "i")
    desk.wait(f"{line(second)}.pick")
    desk.says(line(first), "you did not find it at")
    opened(desk, "shelf")  # whatever this screen knew is gone
    opened(desk, "pick").wait(f"{line(second)}.pick")
    assert "look again" in desk.text(line(first))
    desk.click(line(first))
    desk.wait(f"{line(first)}.pick")
    desk.chord(Keys.ALT, "v")
    gone(desk, line(first))
    opened(desk, "missing").wait(line(first))


def test_a_list_keeps_itself_up_to_date(desk: Desk, stage: Stage) -> None:
    opened(desk, "shelf")
    desk.wait('[data-part="list"] > *')
    with stage.library() as library:
        item = wanted(library, title="Kys")
        library.check_in(item)
        desk.wait(line(item), patience=5)
        other = wanted(library, title="Lys")
    desk.wait('[data-part="lists"] a[href="#pick"] small', patience=5)
    desk.click('[data-part="lists"] a[href="#pick"]')  # the menu is drawn anew all the time
    desk.wait(line(other))


def test_what_other_libraries_are_asked_for_is_decided_by_keys(desk: Desk, stage: Stage) -> None:
    """A wish of the open patron, then its line on the list: the next library, what was said, and
    nobody any more."""
    with stage.library() as library:
        for agency in ("DK-746100", "DK-751000"):
            a_partner(library, agency)
        card = a_patron(library, given_name="Mette")
    desk.scan(card)
    desk.outcomes(1)
    desk.chord(Keys.ALT, "p")
    desk.wait('[data-line="wish new"]')
    desk.click('[data-line="wish new"]')
    desk.chord(Keys.ALT, "o")
    desk.wait('[data-part="mode"]:not([hidden])')
    desk.scan("Moser og mosefolk / Skovgaard, Signe")
    desk.wait('[data-line^="wish "]', 2)
    assert "Moser og mosefolk" in desk.text('[data-part="view"]')
    with stage.library() as library:
        [case] = library.read(lambda transaction: open_cases(transaction, after=0, at_most=9))
    assert (case.title, case.author) == ("Moser og mosefolk", "Skovgaard, Signe")
    its = line(str(case.id))
    opened(desk, "wishes").wait(f"{its}.pick")
    desk.chord(Keys.ALT, "n")
    desk.says(its, "2 libraries asked")
    desk.chord(Keys.ALT, "u")
    desk.says(its, "nothing yet")
    desk.chord(Keys.ALT, "z")
    gone(desk, its)
    with stage.library() as library:
        assert library.read(lambda transaction: open_cases(transaction, after=0, at_most=9)) == []


def test_what_another_library_offers_is_accepted_by_a_key(desk: Desk, stage: Stage) -> None:
    with stage.library() as library:
        a_partner(library, "DK-746100")
        act_of, card = library.act, a_patron(library)

        def work(transaction: Transaction) -> int:
            act = act_of(transaction)
            loan = ask_libraries(act, patron=card, wish=Wish(title="Gift"))
            assert isinstance(loan, InterlibraryLoan)
            offered(act, loan, Offer((), 5_000, "DKK", why="CostExceedsMaxCost"))
            return loan.case_id or 0

        its = line(str(library.write(work)))
    opened(desk, "letters").says('[data-part="list"]', "CostExceedsMaxCost")
    desk.chord(Keys.ALT, "o")
    desk.says('[data-part="list"]', "Nothing")
    opened(desk, "wishes").says(its, "Offered")
    desk.chord(Keys.ALT, "o")
    desk.says(its, "Asked")


def test_a_key_leads_to_the_lists_and_back(desk: Desk) -> None:
    desk.keys(Keys.F7)
    desk.wait(".lists[data-ready]")
    desk.keys(Keys.F2)
    desk.wait("body[data-ready] [data-part=duties]")


def test_the_desk_goes_on_where_a_machine_could_not(desk: Desk, stage: Stage) -> None:
    with stage.library() as library:
        card, item = a_patron(library, given_name="Mette"), an_item(library, title="Gift")
        found = library.read(lambda transaction: find_patron(transaction, card))
        assert found is not None
        refused = [Reason.ON_LOAN_TO_ANOTHER]
        library.write(lambda t: note_machine_refusal(library.act(t), found, item, refused))
    desk.chord(Keys.SHIFT, Keys.F8)
    desk.wait("li[data-outcome=search]")
    assert "Gift" in desk.text("li[data-outcome=search]")
    desk.keys(Keys.ARROW_DOWN)
    desk.keys(Keys.ENTER)
    for _ in range(200):
        if "Mette" in desk.text("aside h1"):
            break
        sleep(0.05)
    assert "Mette" in desk.text("aside h1")
    opened(desk, "machines").wait("[data-line]")


def test_lists_are_read_on_a_phone(stage: Stage) -> None:
    with stage.library() as library:
        wanted(library, title="Gift")
    with a_browser(language="da", width=320) as browser:
        desk = opened(Desk(browser, stage.address).log_in(NAME, PASSWORD), "pick")
        desk.wait(".task.pick")
        [box] = desk.wait(".box")
        assert box.location["y"] + box.size["height"] <= 820  # under the thumb
        [link] = opened(desk, "missing").wait(
            '[data-part="lists"] a[href="#missing"][aria-current]'
        )
        assert 0 <= link.rect["x"] <= 320 - link.rect["width"]  # of a menu that is wider


def test_an_off_line_act_is_settled_with_a_reason_and_no_scan_confirms_it(
    desk: Desk, stage: Stage
) -> None:
    """The question stays while the list is read again, and goes with its line."""
    refused = Refused((Refusal(Reason.PATRON_UNKNOWN),))

    def report(library: Library, card: str) -> None:
        told = OffLineReport(Reported.CHECK_OUT, item, card, refused, source=Source.KOC)
        library.write(lambda transaction: take_report(library.act(transaction), told))

    with stage.library() as library:
        item = an_item(library, title="Sult")
        report(library, "P404")
        library.pass_time(minutes=1)
        report(library, "P405")
        first, second = [each.id for each in library.read(no_block_conflicts).lines]
    opened(desk, "conflicts").wait(line(str(first)))
    assert "open" in desk.text(line(str(first)))
    desk.chord(Keys.ALT, "a")
    why = desk.wait("#why")[0]
    why.send_keys("The card was" + Keys.ENTER)
    with stage.library() as library:
        library.write(lambda t: settle_conflict(library.act(t), second, "seen to"))
    gone(desk, line(str(second)))
    why.send_keys(" typed wrongly")
    assert desk.browser.find_elements(By.CSS_SELECTOR, line(str(first)))
    desk.chord(Keys.ALT, "a")
    gone(desk, line(str(first)))
    opened(desk, "settled").says(line(str(first)), "The card was typed wrongly")
    desk.chord(Keys.ALT, "o")
    opened(desk, "conflicts").wait("[data-line]")
