"""The page for everybody, in a real Chromium: search without an account, and what is one's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from time import monotonic, sleep
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from catalogue.changes.accession import add_record
from catalogue.items import add_item
from circulation.holds.placing import place_holds
from circulation.holds.results import Wanted
from circulation.holds.wishes import HoldWish
from circulation.kernel.loan_rules import LOAN_POLICIES
from circulation.kernel.set_up import set_up_changed
from circulation.kernel.trees import GROUPS
from circulation.loans.lost import claim_returned, declare_lost
from circulation.loans.privacy import cut_old_history, set_history_days
from circulation.notices.writing import Words, write_to
from circulation.patrons.consents import give_consent
from circulation.patrons.guardians import add_guardian
from circulation.patrons.identifiers import find_patron
from circulation.patrons.kinds import Consent
from tests.builders.agencies import a_school, charge_at
from tests.builders.circulation import Library, a_patron, an_item, present
from tests.builders.fees import charge, number_of
from tests.builders.holds import a_hold
from tests.builders.pins import hashed
from tests.protocols.desk.browser import Desk
from tests.protocols.desk.stage import Stage
from tests.protocols.desk.test_accessibility import violations
from tests.protocols.sru.stage import a_record

PIN = "4711"


class Page(Desk):
    """The page for everybody."""

    def open(self) -> Page:
        self.browser.delete_all_cookies()
        self.browser.get(f"{self.address}/")
        self.wait("body[data-ready]")
        return self

    def press(self, selector: str) -> None:
        self.wait(selector)[0].click()

    def look_for(self, words: str) -> None:
        field = self.browser.find_element(By.ID, "words")
        field.clear()
        field.send_keys(words + Keys.ENTER)

    def arrive(self, card: str, pin: str = PIN) -> None:
        self.press('[data-do="log-in"]')
        self.browser.find_element(By.NAME, "card").send_keys(card)
        self.browser.find_element(By.NAME, "pin").send_keys(pin + Keys.ENTER)

    def account(self, card: str) -> None:
        self.open().arrive(card)
        self.wait('[data-do="log-out"]:not([hidden])')
        self.press('[data-view="account"]')
        self.wait("#settings-heading")

    def account_when_told(self, card: str, words: str) -> None:
        """As soon as a message to the patron has these words, which is when it is sent."""
        end = monotonic() + 20
        self.account(card)
        while words not in self.text('[data-part="messages"]'):
            assert monotonic() < end, self.text('[data-part="messages"]')
            self.account(card)

    def until(self, selector: str, text: str) -> None:
        end = monotonic() + 20
        while text not in self.text(selector):
            assert monotonic() < end, (text, self.text(selector), self.log())
            sleep(0.02)


class Reader:
    """A patron with a PIN, a loan that can be renewed and one that cannot, and a message."""

    def __init__(self, library: Library) -> None:
        self.card = a_patron(
            library, pin_hash=hashed(PIN), given_name="Mette", email="mette@example.org"
        )
        self.lent = an_item(library, on_loan_to=self.card, title="Lent today")
        wish = HoldWish(a_patron(library), [Wanted(item=self.lent)])
        library.write(lambda transaction: place_holds(library.act(transaction), wish))
        library.now -= timedelta(days=40)
        self.due = an_item(library, on_loan_to=self.card, title="Lent long ago")
        library.now = present()
        library.write(lambda transaction: self._told(library, transaction))

    def _told(self, library: Library, transaction: Any) -> None:
        patron = find_patron(transaction, self.card)
        assert patron is not None
        words = Words(text="The sea has been put on show.", subject="The sea", title="")
        act = library.act(transaction)
        write_to(act, words, patron_id=patron, actor="anna", channels=("email",))


@pytest.fixture
def reader(stage: Stage) -> Reader:
    with stage.library() as library:
        return Reader(library)


@pytest.fixture
def page(stage: Stage, browser: Chrome) -> Page:
    return Page(browser, stage.address).open()


def test_words_find_titles_as_they_are_typed(page: Page) -> None:
    page.browser.find_element(By.ID, "words").send_keys("soi")
    page.until('[data-part="found"]', "2 titles")
    rows = [each.text for each in page.wait(".res", 2)]
    assert "Soil and water" in rows[0]
    assert " in\nHovedbiblioteket" in rows[0]
    facets = page.text('[data-part="facets"]')
    assert "English" in facets
    assert "Book" in facets
    page.press(".value")
    page.until('[data-part="found"]', "1 title")
    page.press('.value[aria-pressed="true"]')
    page.until('[data-part="found"]', "2 titles")


def test_a_title_says_where_its_copies_are(page: Page) -> None:
    page.look_for("soil water")
    page.press(".to-title")
    page.wait('[data-part="title"] h2')
    shown = page.text('[data-part="title"]')
    assert "Soil and water" in shown
    assert "Hovedbiblioteket" in shown
    assert "Log in to reserve" in shown


def test_sets_for_classes_stand_apart(page: Page, stage: Stage) -> None:
    with stage.library() as library:

        def add(transaction: Any) -> None:
            GROUPS.store(transaction, {"class-set": ("Class sets", None)})
            LOAN_POLICIES.store(transaction, material_group="class-set", bookable=True)
            set_up_changed(transaction)
            work = ("10000077", "Ditte", "Nexø, Martin", "", "Poverty", 1917, "dan")
            record = add_record(
                transaction, a_record(*work), now=library.now, record_format="marc21"
            )
            for number, group in enumerate(("class-set", "class-set", "book")):
                add_item(
                    transaction,
                    barcode=f"SET{number}",
                    record_id=record,
                    branch_id=library.main.id,
                    now=library.now,
                    material_group=group,
                )

        library.write(add)
    page.open().look_for("ditte")
    page.until('[data-part="titles"]', "1 in")
    page.press(".to-title")
    page.until('[data-part="title"]', "Teachers book these with the library")
    shown = page.text('[data-part="title"]')
    copies, sets = shown.partition("Class sets")[::2]
    assert "1 in" in copies
    assert "2 in" in sets


def test_what_is_looked_for_is_written_nowhere(page: Page, reader: Reader) -> None:
    page.look_for("soil water")
    page.press(".to-title")
    page.wait('[data-part="title"] h2')
    page.arrive(reader.card)
    page.wait('[data-do="log-out"]:not([hidden])')
    page.press('[data-view="account"]')
    page.wait("#settings-heading")
    script = (
        "return [location.href, document.title, JSON.stringify(history.state),"
        " localStorage.length, sessionStorage.length]"
    )
    href, title, state, kept, of_session = page.browser.execute_script(script)
    assert (href, kept, of_session) == (f"{page.address}/", 0, 0)
    assert title == "Library · Tiro"
    assert state == '{"view":"account"}'
    page.browser.back()
    page.wait('[data-part="search"]:not([hidden])')
    page.press('[data-do="log-out"]')
    page.wait('[data-do="log-in"]:not([hidden])')
    assert page.text('[data-part="titles"]') == ""
    assert reader.card not in page.browser.page_source


def test_a_wrong_pin_and_a_card_of_nobody_are_told_alike(page: Page, reader: Reader) -> None:
    said = []
    for card in (reader.card, "no such card"):
        page.open().arrive(card, "0000")
        page.until('[data-part="refusal"]', " ")
        said.append(page.text('[data-part="refusal"]'))
    assert said[0] == said[1]
    for _ in range(5):
        page.open().arrive(reader.card, "0000")
        page.until('[data-part="refusal"]', " ")
    locked = page.text('[data-part="refusal"]')
    page.open().arrive(reader.card)
    page.until('[data-part="refusal"]', locked)


def test_loans_are_renewed_one_by_one_and_all(page: Page, reader: Reader) -> None:
    page.account(reader.card)
    assert "Lent long ago" in page.text('[data-part="loans"]')
    page.press(f'[data-code="{reader.due}"] button')
    page.until(f'[data-code="{reader.due}"]', "Renewed until")
    page.press('[data-part="loans"] > .acts button')
    page.until(f'[data-code="{reader.lent}"] [role="status"]', " ")
    assert "Renewed" not in page.text(f'[data-code="{reader.lent}"] [role="status"]')


def test_a_loan_that_is_lost_or_claimed_returned_says_so(page: Page, stage: Stage) -> None:
    with stage.library() as library:
        card = a_patron(library, pin_hash=hashed(PIN))
        lost, claimed = (an_item(library, on_loan_to=card) for _ in range(2))
        for work, item in ((declare_lost, lost), (claim_returned, claimed)):
            library.write(lambda t, work=work, item=item: work(library.act(t), item=item))
    page.account(card)
    for item, words in ((lost, "Reported lost"), (claimed, "You say that you have returned it")):
        line = page.text(f'[data-code="{item}"]')
        assert words in line
        assert "Due" not in line
        assert "Renew" not in line


def test_a_hold_is_placed_moved_paused_and_given_up(page: Page, reader: Reader) -> None:
    page.look_for("elves")
    page.press(".to-title")
    page.press('[data-part="title"] .go')  # log in first
    page.browser.find_element(By.NAME, "card").send_keys(reader.card)
    page.browser.find_element(By.NAME, "pin").send_keys(PIN + Keys.ENTER)
    page.press("#pickup")
    page.press(".wish .go")
    page.until('[data-part="title"]', "Number 1 in the queue")
    page.press('[data-view="account"]')
    hold = page.wait("[data-hold]")[0].get_attribute("data-hold")
    place = Select(page.wait("[data-hold] select")[0])
    assert place.first_selected_option.text == "Hovedbiblioteket"
    place.select_by_visible_text("Havnefilialen")
    page.until('[data-part="alert"]', "Saved")
    _press_button(page, hold, "Pause")
    page.until(f'[data-hold="{hold}"]', "Paused")
    _press_button(page, hold, "Take off pause")
    page.until(f'[data-hold="{hold}"]', "Number 1")
    _press_button(page, hold, "Cancel")
    _press_button(page, hold, "Give up your place")
    page.until('[data-part="holds"]', "You wait for nothing")


def _press_button(page: Page, hold: Any, text: str) -> None:
    page.press(f'[data-hold="{hold}"] button[aria-label^="{text}:"]')


def test_messages_have_their_text_and_consents_are_kept(page: Page, reader: Reader) -> None:
    page.account_when_told(reader.card, "The sea")
    page.press('[data-part="messages"] summary')
    page.until('[data-part="messages"]', "The sea has been put on show.")
    page.press("#keep_history")
    page.until('[data-part="alert"]', "Saved")
    page.account(reader.card)
    assert page.wait("#keep_history")[0].is_selected()
    page.press("#keep_history")
    page.until('[data-part="alert"]', "Saved")
    page.account(reader.card)
    assert not page.wait("#keep_history")[0].is_selected()


@pytest.fixture
def days_set(stage: Stage) -> Iterator[Callable[[int | None], None]]:
    """Sets how long loans are kept without consent; the default is back afterwards."""

    def put(days: int | None) -> None:
        with stage.library() as library:
            agency = library.main.agency_id
            library.write(lambda transaction: set_history_days(transaction, agency, days))

    yield put
    put(None)


def _return_some(library: Library, card: str) -> None:
    """A loan returned 29 days ago, one 27 days ago and one today."""
    for title, ago in (("Back long ago", 29), ("Back a while ago", 27), ("Back today", 0)):
        library.now = present() - timedelta(days=ago, hours=2)
        item = an_item(library, on_loan_to=card, title=title)
        library.now += timedelta(hours=1)
        library.check_in(item)
    library.now = present()


def _run_job(stage: Stage) -> None:
    with stage.library() as library:
        now = present()
        library.write(lambda transaction: cut_old_history(transaction, now.date(), now))


def _history(page: Page) -> tuple[str, str]:
    """What the page says of its keeping, and which loans it shows."""
    _open(page, "What you have borrowed")
    hint = page.wait("label[for=keep_history] small")[0].text
    return hint, page.text('[data-part="history"]')


@pytest.mark.parametrize(
    ("days", "said", "kept"),
    [
        (28, "keeps a loan for 28 days after", ["Back a while ago", "Back today"]),
        (1, "keeps a loan for 1 day after", ["Back today"]),
        (0, "forgotten within a day after", []),
    ],
)
def test_the_page_keeps_its_word_about_what_was_borrowed(
    page: Page,
    stage: Stage,
    days_set: Callable[[int | None], None],
    days: int,
    said: str,
    kept: Any,
) -> None:
    days_set(days)
    with stage.library() as library:
        card = a_patron(library, pin_hash=hashed(PIN))
        _return_some(library, card)
    _run_job(stage)
    page.account(card)
    hint, shown = _history(page)
    assert said in hint
    assert "Without the tick" in hint
    assert [
        each for each in ("long ago", "Back a while ago", "Back today") if each in shown
    ] == kept
    with stage.library() as library:
        _return_some(library, card)  # shown until the job of the night
    page.account(card)
    assert "Back today" in _history(page)[1]


def test_with_the_tick_loans_stay_until_it_is_removed(
    page: Page, stage: Stage, days_set: Callable[[int | None], None]
) -> None:
    days_set(28)
    with stage.library() as library:
        card = a_patron(library, pin_hash=hashed(PIN))
        number = number_of(library, card)
        library.write(
            lambda transaction: give_consent(library.act(transaction), number, Consent.KEEP_HISTORY)
        )
        _return_some(library, card)
    _run_job(stage)
    page.account(card)
    hint, shown = _history(page)
    assert "until you remove the tick" in hint
    assert "forgotten at once" in hint
    assert "Back long ago" in shown
    page.press("#keep_history")
    page.until('[data-part="history"]', "Nothing is kept")
    assert "for 28 days after" in page.text("label[for=keep_history] small")
    page.press("#keep_history")
    page.until("label[for=keep_history] small", "until you remove the tick")


def test_what_is_owed_for_stays_as_the_page_says(
    page: Page, stage: Stage, days_set: Callable[[int | None], None]
) -> None:
    days_set(0)
    with stage.library() as library:
        card = a_patron(library, pin_hash=hashed(PIN))
        _return_some(library, card)
        lost = an_item(library, on_loan_to=card, title="Lost in the woods")
        library.write(lambda transaction: declare_lost(library.act(transaction), item=lost))
    _run_job(stage)
    page.account(card)
    hint, shown = _history(page)
    assert "longer only while you owe money or something you borrowed is missing" in hint
    assert "Back today" in shown


def test_patrons_look_after_their_address_and_their_pin(page: Page, reader: Reader) -> None:
    page.account(reader.card)
    _open(page, "How we reach you")
    field = page.browser.find_element(By.NAME, "email")
    assert field.get_attribute("value") == "mette@example.org"
    field.clear()
    field.send_keys("new@example.org" + Keys.ENTER)
    page.until('[data-part="settings"]', "Saved")
    page.account(reader.card)
    _open(page, "Change your PIN")
    page.browser.find_element(By.NAME, "old").send_keys("0000")
    page.browser.find_element(By.CSS_SELECTOR, "main form.stack [name=pin]").send_keys(
        "4712" + Keys.ENTER
    )
    page.until('[data-part="settings"] .stop', " ")
    field = page.browser.find_element(By.NAME, "old")
    field.clear()
    field.send_keys(PIN + Keys.ENTER)
    page.until('[data-part="settings"]', "Saved")
    page.open().arrive(reader.card, "4712")
    page.wait('[data-do="log-out"]:not([hidden])')


def _open(page: Page, heading: str) -> None:
    for each in page.wait('[data-part="settings"] summary'):
        if each.text.endswith(heading):
            each.click()


def test_the_page_says_where_to_pay_what_is_owed(page: Page, stage: Stage) -> None:
    with stage.library() as library:
        school, card = a_school(library), a_patron(library, pin_hash=hashed(PIN))
        charge_at(library, school, card, 3_000)
    page.account(card)
    said = page.says(f'[data-owed="{school.agency_isil}"]', "30")
    assert f"is to be paid at {school.agency_name} ({school.agency_isil})" in said


def test_a_session_that_has_ended_asks_for_the_pin_again(page: Page, reader: Reader) -> None:
    page.account(reader.card)
    page.browser.delete_all_cookies()
    page.press(f'[data-code="{reader.due}"] button')
    page.wait('[data-part="log-in"]:not([hidden])')
    assert "Lent long ago" not in page.browser.page_source


def test_a_guardian_sees_and_renews_until_the_child_says_no(page: Page, stage: Stage) -> None:
    with stage.library() as library:
        born = library.today - timedelta(days=366 * 15)
        pin = hashed(PIN)
        child = a_patron(library, pin_hash=pin, given_name="Emil", birth_date=born)
        parent = a_patron(library, pin_hash=pin, given_name="Karen")
        library.now -= timedelta(days=40)
        item = an_item(library, on_loan_to=child, title="Lent to Emil")
        library.now = present()
        a_hold(library, child, "T10000004")
        charge(library, child, 5000)
        numbers = number_of(library, child), number_of(library, parent)
        library.write(
            lambda transaction: add_guardian(
                library.act(transaction), *numbers, today=library.today, sees_account=True
            )
        )
    page.account(parent)
    page.until('[data-part="family"]', "Lent to Emil")
    assert "Bøger og læsere" in page.text('[data-part="family"]')
    assert "50" in page.text('[data-part="family"]')
    assert violations(page) == []
    page.press(f'[data-part="family"] [data-code="{item}"] button')
    page.until('[data-part="family"]', "Renewed until")
    page.account(child)
    page.press('[data-part="settings"] [id^="sees-"]')
    page.until('[data-part="alert"]', "Saved")
    page.account(parent)
    page.until('[data-part="loans"]', "nothing on loan")
    sleep(0.5)
    assert page.text('[data-part="family"]') == ""
    assert "Emil" not in page.text("body")
    page.press('[data-do="log-out"]')
    page.wait('[data-do="log-in"]:not([hidden])')
    assert "Karen" not in page.text("body")
