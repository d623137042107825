"""What librarians do all day, by keyboard and scanner alone, and in how few strokes.

The ideal counts are those of the table that desks are compared by: a scan is one, a key or chord is
one, a field that is filled and left is one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import sleep

import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from circulation.loans.privacy import set_history_days
from circulation.patrons.kinds import PatronKind
from circulation.patrons.registering import kind_of_patron
from tests.builders.agencies import a_further_agency, charge_at
from tests.builders.circulation import a_patron
from tests.builders.fees import number_of
from tests.builders.holds import a_hold
from tests.protocols.desk.browser import Desk, a_browser
from tests.protocols.desk.stage import NAME, PASSWORD, Stage, a_stage


class Counting:
    """A desk whose strokes are counted."""

    def __init__(self, desk: Desk, stage: Stage) -> None:
        self.desk = desk
        self.stage = stage
        self.strokes = 0

    def scan(self, *codes: str) -> None:
        self.strokes += len(codes)
        self.desk.scan(*codes)

    def key(self, *keys: str) -> None:
        """One key, or one chord."""
        self.strokes += 1
        self.desk.chord(*keys)

    def alt(self, letter: str) -> None:
        self.key(Keys.ALT, letter)

    def rows(self, number: int) -> list[str]:
        """The outcomes of so many rows, the oldest first."""
        return [outcome for _, outcome in self.desk.outcomes(number)]

    def prepared(self, *codes: str) -> None:
        """What was there before the task began; waits until it is."""
        before = len(self.desk.browser.find_elements("css selector", "li[data-code]"))
        self.desk.scan(*codes)
        self.desk.outcomes(before + len(codes))
        sleep(0.1)


def lend_three(at: Counting) -> None:
    at.scan(at.stage.cards[0], *at.stage.take(3))
    assert at.rows(4) == ["patron", *["checked_out"] * 3]


def return_ten(at: Counting) -> None:
    at.scan(*at.stage.take_lent(10))
    assert at.rows(10) == ["checked_in"] * 10


def renew_in_hand(at: Counting) -> None:
    at.prepared(at.stage.cards[-1])
    at.scan(*at.stage.take_lent())
    assert at.rows(2)[-1] == "refused"
    at.desk.wait('[data-reasons="ALREADY_ON_LOAN_TO_PATRON"]')
    at.alt("n")
    assert at.rows(3)[-1] == "renewed", at.desk.text('[data-part="rows"]')


def renew_all_by_phone(at: Counting) -> None:
    at.scan(at.stage.cards[-1])
    at.alt("a")
    assert "renewed" in at.rows(20)


def find_without_card(at: Counting) -> None:
    at.scan("karla to")
    at.desk.wait("li[data-outcome=search] .found li", 2)
    assert "born 4 May 1950" in at.desk.text(".found")
    assert "born 3 Feb 2001" in at.desk.text(".found")
    at.key(Keys.ARROW_DOWN)
    at.key(Keys.ENTER)
    at.desk.says("aside h1", "Karla Toft")


def override_a_block(at: Counting) -> None:
    at.prepared(at.stage.people["blocked"], *at.stage.take())
    at.desk.wait('[data-reasons="PATRON_BLOCKED"].x')
    at.key("2")
    at.alt("u")
    at.desk.wait("li[data-outcome=checked_out]")
    assert at.rows(3)[-1] == "checked_out"
    at.prepared(*at.stage.take())
    assert at.rows(4)[-1] == "checked_out", "once is enough for the session"


def take_a_payment(at: Counting) -> None:
    at.prepared(at.stage.people["debtor"])
    at.desk.says('[data-part="duties"]', "DKK")
    at.alt("b")
    at.desk.says('[data-part="duties"]', "was taken")
    at.alt("b")
    at.desk.says('[data-part="said"]', "was paid")
    assert "Owes" not in at.desk.text('[data-part="patron"]')


def register_a_patron(at: Counting) -> None:
    at.alt("i")
    at.desk.wait("#field-card")
    sleep(0.1)
    fields = ("NEW17", "Ellen", "Toft", "040561", "22334455", "ellen@example.org")
    for text in fields:  # a card that is scanned, names, birth, telephone, e-mail
        at.scan(text)
    at.alt("s")
    at.desk.says("aside h1", "Ellen Toft")
    assert "card NEW17" in at.desk.text('[data-part="patron"]')


def give_a_new_card(at: Counting) -> None:
    at.prepared(at.stage.cards[1])
    at.alt("c")
    at.scan(f"NEW{at.stage.cards[1]}")
    at.desk.says('[data-part="said"]', f"NEW{at.stage.cards[1]}")


def claimed_returned(at: Counting) -> None:
    at.prepared(at.stage.cards[-1])
    at.key(Keys.ARROW_UP)
    at.desk.wait(".line.pick")
    at.alt("g")
    at.desk.says('[data-part="said"]', "Claimed returned")


def lost(at: Counting) -> None:
    at.prepared(at.stage.cards[-1])
    at.key(Keys.ARROW_UP)
    at.desk.wait(".line.pick")
    at.alt("v")
    at.desk.says('[data-part="said"]', "Declared lost")


def take_back_a_wrong_act(at: Counting) -> None:
    at.prepared(at.stage.cards[0], *at.stage.take())
    at.key(Keys.CONTROL, "z")
    at.desk.wait("li.off")
    assert "Undone" in at.desk.text("li.off")


def double_scan(at: Counting) -> None:
    [item] = at.stage.take()
    at.prepared(at.stage.cards[0], item)
    at.desk.scan(item)  # not meant, so not counted
    sleep(0.3)
    assert at.rows(2) == ["patron", "checked_out"]
    assert "scanned twice" in at.desk.text("li[data-outcome=checked_out]")


def where_is_this_title(at: Counting) -> None:
    at.scan("soil")
    at.desk.wait(".copies")
    assert "Available" in at.desk.text(".copies")


def hold_for_the_open_patron(at: Counting) -> None:
    at.prepared(at.stage.cards[0])
    at.scan("soil")
    at.desk.wait(".copies")
    at.key(Keys.ARROW_DOWN)
    at.alt("r")
    at.desk.says("li[data-outcome=search]", "held:")


def reprint_a_receipt(at: Counting) -> None:
    at.prepared(at.stage.cards[0], *at.stage.take())
    at.key(Keys.F9)
    assert at.desk.wait(".receipt")


def book_drop_dated_back(at: Counting) -> None:
    at.key(Keys.SHIFT, Keys.F4)
    at.scan(*at.stage.take_lent(2))
    assert at.rows(2) == ["checked_in"] * 2


#: Number of the table, how it is done, and in how many strokes at most.
TASKS: tuple[tuple[int, Callable[[Counting], None], int], ...] = (
    (1, lend_three, 4),
    (2, return_ten, 10),
    (5, renew_in_hand, 2),
    (6, renew_all_by_phone, 2),
    (7, find_without_card, 3),
    (8, take_back_a_wrong_act, 1),
    (9, override_a_block, 2),
    (10, double_scan, 0),
    (11, take_a_payment, 2),
    (12, hold_for_the_open_patron, 3),
    (13, where_is_this_title, 1),
    (15, reprint_a_receipt, 1),
    (17, register_a_patron, 8),  # the key that opens the form, six fields, the key that saves
    (18, give_a_new_card, 2),
    (19, claimed_returned, 2),
    (19, lost, 2),
    (20, book_drop_dated_back, 3),
)


@pytest.mark.parametrize(
    ("task", "ideal"),
    [(each[1], each[2]) for each in TASKS],
    ids=[f"{each[0]}-{each[1].__name__}" for each in TASKS],
)
def test_a_task_takes_no_more_strokes_than_it_must(
    task: Callable[[Counting], None], ideal: int, desk: Desk, stage: Stage
) -> None:
    counting = Counting(desk, stage)
    task(counting)
    assert counting.strokes <= ideal


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_tasks_take_no_more_on_postgresql(database_url: str, tmp_path: Path) -> None:
    with a_stage(database_url, tmp_path, renewal_from="due") as stage, a_browser() as browser:
        desk = Desk(browser, stage.address).log_in(NAME, PASSWORD)
        for number, task, ideal in TASKS:
            browser.refresh()
            desk.wait("body[data-ready]")
            counting = Counting(desk, stage)
            task(counting)
            assert counting.strokes <= ideal, number


def test_whoever_may_be_here_already_is_shown_beside_the_form(desk: Desk, stage: Stage) -> None:
    desk.chord(Keys.ALT, "i")
    desk.wait("#field-card")
    sleep(0.1)
    desk.scan("NEW18", "Karla", "Toft", "030201")
    desk.says(".form .note", "Karla Toft")
    desk.wait(".form .note li:only-child")  # without the one who was born on another day
    assert "born 3 Feb 2001" in desk.text(".form .note")
    desk.scan(stage.cards[0])  # into the field where the cursor is, not past a question
    assert desk.browser.execute_script("return document.activeElement.name") == "email"
    desk.keys(Keys.ESCAPE)
    desk.scan(stage.cards[0])
    assert desk.outcomes(1) == [(stage.cards[0], "patron")]


def test_a_library_is_registered_without_a_given_name(desk: Desk, stage: Stage) -> None:
    desk.chord(Keys.ALT, "i")
    desk.wait("#field-given_name[required]")
    sleep(0.1)
    desk.scan("NEW19", "", "Køge Bibliotek")
    Select(desk.wait("#field-kind").pop()).select_by_value("library")
    desk.wait("#field-given_name:not([required])")
    desk.chord(Keys.ALT, "s")
    desk.says("aside h1", "Køge Bibliotek")
    with stage.library() as library:
        number = number_of(library, "NEW19")
        kind = library.database.read(lambda each: kind_of_patron(each, patron_id=number)).result()
    assert kind == PatronKind.LIBRARY.value


def test_the_patron_s_screen_says_where_to_pay_what_is_owed_elsewhere(
    desk: Desk, stage: Stage
) -> None:
    with stage.library() as library:
        neighbour, card = a_further_agency(library), a_patron(library)
        charge_at(library, neighbour, card, 3_000)
    desk.scan(card)
    desk.outcomes(1)
    said = desk.says('[data-part="patron"]', "to be paid at")
    assert f"{neighbour.agency_name} ({neighbour.agency_isil})" in said
    assert "DKK\u00a030" in said


def test_details_are_changed_in_the_same_form(desk: Desk, stage: Stage) -> None:
    desk.scan(stage.people["elder"])
    desk.outcomes(1)
    desk.chord(Keys.ALT, "i")
    desk.wait("#field-given_name")
    sleep(0.1)
    desk.keys(Keys.CONTROL, "a")
    desk.scan("Karla Marie")
    desk.chord(Keys.ALT, "s")
    desk.says("aside h1", "Karla Marie Toft")
    desk.chord(Keys.ALT, "i")
    desk.wait("#field-birth_date").pop().click()
    desk.keys(Keys.CONTROL, "a")
    desk.scan("31-02-1950")
    desk.chord(Keys.ALT, "s")
    desk.wait("[name=birth_date][aria-invalid]")


def test_ways_to_a_patron_and_when_they_are_away(desk: Desk, stage: Stage) -> None:
    desk.scan(stage.people["younger"])
    desk.outcomes(1)
    desk.chord(Keys.ALT, "p")
    for text in ("22 33 44 56", "Birkevej 7, 2610 Rødovre"):
        desk.click('[data-line="contact new"]')
        desk.keys(text)
        desk.chord(Keys.ALT, "o")
    assert "Birkevej 7, 2610 Rødovre" in desk.says('[data-line^="address"]', "Birkevej")
    desk.click('[data-line^="further"]')
    desk.chord(Keys.ALT, "j")
    desk.says('[data-line^="further"]', "verified")
    desk.click('[data-line="absence"]')
    desk.keys("24-12-2031")
    desk.chord(Keys.ALT, "o")
    desk.says('[data-line="absence"]', "until 24 Dec 2031")


@pytest.mark.parametrize(
    ("days", "said"), [(0, "forgotten within a day"), (28, "kept for 28 days after")]
)
def test_the_desk_says_how_long_loans_are_kept(
    desk: Desk, stage: Stage, days: int, said: str
) -> None:
    with stage.library() as library:
        agency, card = library.main.agency_id, a_patron(library)
        library.write(lambda transaction: set_history_days(transaction, agency, days))
    line = '[data-line="consent keep_history"]'
    desk.scan(card)
    desk.outcomes(1)
    desk.chord(Keys.ALT, "p")
    assert "longer only while money is owed or an item is missing" in desk.says(line, said)
    desk.click(line)
    desk.chord(Keys.ALT, "j")
    assert said not in desk.says(line, "Given")


def test_a_guardian_and_a_pin(desk: Desk, stage: Stage) -> None:
    desk.scan(stage.people["child"])
    desk.outcomes(1)
    desk.chord(Keys.ALT, "p")
    desk.click('[data-line="guardian new"]')
    desk.chord(Keys.ALT, "o")
    desk.says('[data-part="label"]', "Guardian of Emil")
    desk.scan(stage.people["elder"])
    desk.says('[data-part="said"]', "is a guardian now")
    desk.says('[data-line^="IS_GUARDIAN"]', "Karla")
    desk.click('[data-line="pin"]')
    desk.chord(Keys.ALT, "o")
    desk.wait("#box[type=password]")
    desk.scan("7193")
    desk.says('[data-part="said"]', "The PIN is changed")
    desk.wait("#box[type=text]")


def test_a_block_is_put_with_its_why_and_lifted(desk: Desk, stage: Stage) -> None:
    desk.scan(stage.people["elder"])
    desk.outcomes(1)
    desk.chord(Keys.ALT, "p")
    desk.click('[data-line="block new"]')
    desk.keys("has moved without a word")
    desk.chord(Keys.ALT, "o")
    desk.says('[data-part="patron"]', "has moved without a word")
    desk.click('[data-line="block OTHER"]')
    desk.chord(Keys.ALT, "z")
    desk.wait('[data-line="block new"]')
    sleep(0.5)
    assert "has moved" not in desk.text('[data-part="patron"]')


def test_a_part_of_a_charge_is_paid_and_the_rest_given_up(desk: Desk, stage: Stage) -> None:
    desk.scan(stage.people["payer"])
    desk.outcomes(1)
    desk.chord(Keys.ALT, "p")
    desk.click('[data-line^="charge"]')
    desk.keys("20")
    desk.chord(Keys.ALT, "b")
    desk.says(".line.pick", "20 was taken")
    desk.chord(Keys.ALT, "b")
    desk.says(".line.pick", "20 was paid")
    desk.keys("2")
    desk.chord(Keys.ALT, "y")
    desk.says('[data-part="said"]', "Waived: illness")
    assert desk.text('[data-line^="charge"]') == ""


def test_titles_are_found_while_somebody_types(desk: Desk, stage: Stage) -> None:
    desk.scan(stage.cards[0])
    desk.outcomes(1)
    desk.keys("soil")
    desk.says('[data-part="live"]', "available")
    assert len(desk.outcomes(1)) == 1, "nothing was scanned"
    before = len(desk.wait('[data-part="live"] .found > li'))
    desk.wait('[data-part="live"] .facets button', 2)
    desk.chord(Keys.ALT, "t")
    desk.wait('[data-part="live"] .facets span [aria-pressed=true]')
    assert len(desk.wait('[data-part="live"] .found > li')) <= before
    desk.keys(Keys.ARROW_DOWN)
    desk.chord(Keys.ALT, "r")
    desk.says('[data-part="said"]', "no. ")
    assert desk.text('[data-part="live"]') == ""
    desk.keys("soil")
    desk.wait('[data-part="live"] .found > li')
    desk.keys(Keys.ESCAPE)
    desk.scan(*stage.take())
    assert desk.outcomes(3)[-1][1] == "checked_out"


def test_copies_are_booked_on_a_calendar(desk: Desk, stage: Stage) -> None:
    desk.scan(stage.cards[0])
    desk.outcomes(1)
    desk.keys("soil")
    desk.says('[data-part="live"]', "available")
    desk.keys(Keys.ARROW_DOWN)
    desk.chord(Keys.ALT, "m")
    desk.wait(".calendar td", 35)
    desk.scan("02-06-31", "06-06-31", "1")
    desk.chord(Keys.ALT, "s")
    desk.says('[data-part="said"]', "is booked from 2 Jun to 6 Jun")
    desk.keys("soil")
    desk.says('[data-part="live"]', "available")
    desk.keys(Keys.ARROW_DOWN)
    desk.chord(Keys.ALT, "m")
    desk.wait("[data-booking]")
    desk.chord(Keys.ALT, "n")
    desk.wait("[data-booking].pick")
    desk.keys(Keys.CONTROL, "a")
    desk.scan("03-06-31")
    desk.chord(Keys.ALT, "s")
    desk.says('[data-part="said"]', "Changed: 1 copy from 3 Jun to 6 Jun")
    desk.says("[data-booking]", "3 Jun")
    desk.click("[data-booking] button")
    desk.wait("#field-why").pop().send_keys("the teacher is ill")
    desk.scan("")  # an Enter confirms nothing
    desk.chord(Keys.ALT, "z")
    desk.says('[data-part="said"]', "is cancelled")
    desk.says(".copies", "No bookings yet")


def test_what_a_hold_could_expect_is_said_before_it_is_placed(desk: Desk, stage: Stage) -> None:
    with stage.library() as library:
        card = a_patron(library)
        ahead = a_hold(library, a_patron(library), "T10000005").number_in_queue
    assert ahead is not None
    desk.scan(card)
    desk.outcomes(1)
    desk.scan("wootton")
    assert f"Would be no. {ahead + 1} in the queue" in desk.says(".prospect", "about")
    desk.keys(Keys.ARROW_DOWN)
    desk.chord(Keys.ALT, "r")
    desk.says('[data-part="said"]', f"no. {ahead + 1} in the queue")
    desk.scan("elves")
    desk.says("li[data-code=elves] .prospect .mark", "has a hold on this title already")


#: Where something of a patron could stay behind.
_LEFT_BEHIND = """
const asked = performance.getEntriesByType("resource").map(each => each.name);
return [location.href, document.title, ...asked, JSON.stringify(localStorage),
        JSON.stringify(sessionStorage), history.length, document.cookie].join(" ")
"""


def test_nothing_of_a_patron_is_in_addresses_titles_or_storage(desk: Desk, stage: Stage) -> None:
    before = desk.browser.execute_script("return history.length")
    desk.keys("karla toft")
    sleep(1.0)  # long enough to be looked for while it stands there
    desk.scan("")
    desk.wait(".found > li", 2)
    desk.keys(Keys.ARROW_DOWN, Keys.ENTER)
    desk.says("aside h1", "Karla")
    desk.chord(Keys.ALT, "p")
    desk.wait('[data-line^="lookup"]')
    left = desk.browser.execute_script(_LEFT_BEHIND)
    assert "/patrons/" in left, "asked for by a number that says nothing"
    for word in ("karla", "toft", stage.people["elder"], stage.people["younger"]):
        assert word.lower() not in left.lower(), word
    assert desk.browser.execute_script("return history.length") == before


def test_a_scanned_enter_confirms_nothing(desk: Desk, stage: Stage) -> None:
    desk.scan(stage.cards[0], *stage.take_lent())
    desk.outcomes(2)
    for _ in range(3):
        desk.scan("")
    desk.browser.find_element("css selector", ".row.x button").click()  # the click is meant
    desk.wait("li[data-outcome=refused]:not(.x)")
    desk.scan(*stage.take(), "")
    assert [outcome for _, outcome in desk.outcomes(3)] == ["patron", "refused", "checked_out"]


def test_a_stop_holds_the_end_of_the_session(desk: Desk, stage: Stage) -> None:
    desk.scan(stage.cards[0], *stage.take_lent())
    desk.outcomes(2)
    assert desk.browser.title.startswith("(1)")
    desk.chord(Keys.ALT, "s")
    sleep(0.3)
    assert desk.text("aside h1") != "No patron"
    desk.chord(Keys.ALT, "l")
    desk.chord(Keys.ALT, "s")
    desk.wait(".receipt")
    assert desk.text("aside h1") == "No patron"
    assert desk.browser.title.startswith("Desk")
