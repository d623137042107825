"""The desk in the hands of whoever means no good, or has no luck: lines that come and go, sessions
that end in the middle, names that are scripts, the way back after the log-out."""

from __future__ import annotations

from collections.abc import Iterator
from time import sleep

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from circulation.kernel.events import EventKind
from circulation.kernel.rights import Right
from circulation.kernel.set_up import set_up_changed
from circulation.staff.roles import HeldRole, Role, store_role
from tests.builders.accounts import a_colleague
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.fees import charge
from tests.builders.holds import a_hold
from tests.protocols.desk.browser import Desk
from tests.protocols.desk.stage import NAME, PASSWORD, Stage
from tests.protocols.desk.test_line_down import KEPT
from tests.protocols.desk.test_scanner import type_as_a_scanner

#: Who may do everything but one thing.
OTHER = "battery staple"


def offline(desk: Desk, *, is_offline: bool) -> None:
    """The line of this browser."""
    line = {"offline": is_offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    desk.browser.execute_cdp_cmd("Network.enable", {})
    desk.browser.execute_cdp_cmd("Network.emulateNetworkConditions", line)


def times_lent(library: Library, items: list[str]) -> list[int]:
    lent = EventKind.CHECKED_OUT
    return [sum(each.kind is lent for each in library.events_of(item)) for item in items]


def sign_in_again(desk: Desk, name: str = NAME, password: str = PASSWORD) -> None:
    desk.wait('[data-part="cover"] input[name="password"]')
    desk.browser.find_element(By.CSS_SELECTOR, '[data-part="cover"] [name="name"]').send_keys(name)
    field = desk.browser.find_element(By.CSS_SELECTOR, '[data-part="cover"] [name="password"]')
    field.send_keys(password + Keys.ENTER)


@pytest.fixture
def line(desk: Desk) -> Iterator[Desk]:
    yield desk
    offline(desk, is_offline=False)


def test_a_line_that_goes_and_a_session_that_ends_meanwhile(line: Desk, stage: Stage) -> None:
    with stage.library() as library:
        first, second = a_patron(library), a_patron(library)
        items = [an_item(library) for _ in range(12)]
        codes = [first, *items[:6], second, *items[6:]]
        type_as_a_scanner(line, codes[:4])
        offline(line, is_offline=True)
        type_as_a_scanner(line, codes[4:9])
        line.wait('[data-part="line"].todo')
        line.browser.delete_all_cookies()
        type_as_a_scanner(line, codes[9:])
        offline(line, is_offline=False)
        sign_in_again(line)
        rows = line.outcomes(len(codes))
        assert [code for code, _ in rows] == codes
        assert {outcome for _, outcome in rows} == {"patron", "checked_out"}
        assert times_lent(library, items) == [1] * 12


def test_a_page_that_is_loaded_anew_while_the_line_is_lost(line: Desk, stage: Stage) -> None:
    with stage.library() as library:
        card, items = a_patron(library), [an_item(library) for _ in range(10)]
        line.scan(card)
        line.outcomes(1)
        offline(line, is_offline=True)
        type_as_a_scanner(line, items)
        line.wait('[data-part="waits"] li', 10)
        sleep(0.5)
        assert line.browser.execute_async_script(KEPT)["number"] == 10
        offline(line, is_offline=False)
        line.browser.refresh()
        line.wait("body[data-ready]")
        line.says("aside h1", "Ida")
        end = 400
        while times_lent(library, items) != [1] * 10:
            end -= 1
            assert end, times_lent(library, items)
            sleep(0.05)
        sleep(0.5)
        assert times_lent(library, items) == [1] * 10, "none twice"
        assert line.browser.execute_async_script(KEPT)["number"] == 0


def test_two_pages_of_one_desk_stand_in_nobodys_way(desk: Desk, stage: Stage) -> None:
    with stage.library() as library:
        cards = [a_patron(library), a_patron(library)]
        items = [[an_item(library) for _ in range(4)] for _ in cards]
    first = desk.browser.current_window_handle
    desk.browser.switch_to.new_window("tab")
    try:
        desk.browser.get(f"{desk.address}/desk")
        desk.wait("body[data-ready]")
        windows = (desk.browser.current_window_handle, first)
        for window, card, theirs in zip(windows, cards, items, strict=True):
            desk.browser.switch_to.window(window)
            type_as_a_scanner(desk, [card, *theirs])
            rows = desk.outcomes(5)
            assert [outcome for _, outcome in rows] == ["patron", *["checked_out"] * 4]
    finally:
        desk.browser.switch_to.window(desk.browser.window_handles[-1])
        desk.browser.close()
        desk.browser.switch_to.window(first)


def test_a_colleague_who_takes_over_finds_what_was_begun(desk: Desk, stage: Stage) -> None:
    with stage.library() as library:
        card, items = a_patron(library), [an_item(library) for _ in range(4)]
        a_colleague(library, "bo", HeldRole("administrator"), password=OTHER)
        type_as_a_scanner(desk, [card, *items[:2]])
        desk.outcomes(3)
        desk.keys(Keys.F10)
        sign_in_again(desk, "bo", OTHER)
        desk.says('[data-part="who"]', "bo")
        type_as_a_scanner(desk, items[2:])
        assert [outcome for _, outcome in desk.outcomes(5)][3:] == ["checked_out"] * 2
        events = [library.events_of(item)[-1] for item in items]
        assert [each.actor for each in events] == [NAME, NAME, "bo", "bo"]


#: What the browser would do if any of it were taken for HTML.
SCRIPT = "<img src=x onerror=\"document.title='pwned'\"><script>document.title='pwned'</script>"
#: What there would be then, on any page.
TAKEN = "return document.querySelectorAll('img, iframe, script:not([src])').length"


def test_names_titles_and_notes_are_words_and_nothing_else(desk: Desk, stage: Stage) -> None:
    with stage.library() as library:
        names = {"given_name": SCRIPT, "family_name": SCRIPT}
        card = a_patron(library, **names, note=SCRIPT)
        item = an_item(library, title=SCRIPT, author=SCRIPT, call_number=SCRIPT, location=SCRIPT)
        late = an_item(library, title=SCRIPT, author=SCRIPT, on_loan_to=card)
        a_hold(library, a_patron(library, **names), item)
        charge(library, card, 5000)
    desk.log()

    def is_safe(what: str) -> None:
        assert desk.browser.execute_script(TAKEN) == 0, what
        assert "pwned" not in desk.browser.title, what
        assert not [each for each in desk.log() if "Content Security" in each], what

    desk.scan(card, item, late, SCRIPT)
    desk.outcomes(4)
    assert SCRIPT in desk.text("aside h1")
    is_safe("rows")
    desk.chord(Keys.ALT, "p")
    desk.wait('[data-line^="lookup"]')
    is_safe("the patron")
    desk.keys(Keys.ESCAPE)
    desk.scan("img onerror")
    desk.wait(".found > li")
    is_safe("what was found")
    desk.keys(Keys.F9)
    for name in ("pick", "shelf", "overdue", "transits"):
        desk.browser.get(f"{desk.address}/desk/lists#{name}")
        desk.wait(f'[data-list="{name}"] > *')
        desk.browser.refresh()
        desk.wait(f'[data-list="{name}"] > *')
        is_safe(name)
    for page in ("today", "administration#lookups", "administration#staff", "material#batch"):
        desk.browser.get(f"{desk.address}/desk/{page}")
        desk.wait("body[data-ready]")
        desk.scan(item)
        desk.wait("li[data-code]")
        is_safe(page)


def test_the_way_back_leads_to_nobody_after_the_log_out(desk: Desk, stage: Stage) -> None:
    desk.scan(stage.people["elder"])
    desk.says("aside h1", "Karla")
    desk.browser.get(f"{desk.address}/desk/account")
    desk.wait("body[data-ready]")
    desk.browser.delete_all_cookies()
    desk.browser.back()
    desk.wait('input[name="password"]')
    assert "Karla" not in desk.browser.page_source
    desk.browser.forward()
    sleep(0.5)
    assert "Karla" not in desk.browser.page_source


#: What a right shows at the desk: how it is come to, and where it stands then.
SHOWN: dict[Right, tuple[str, str]] = {
    Right.USE_LISTS: ("", 'nav a[href="/desk/lists"]:not([hidden])'),
    Right.EDIT_CATALOGUE: ("", 'nav a[href="/desk/material"]:not([hidden])'),
    Right.VIEW_REPORTS: ("", 'nav a[href="/desk/today"]:not([hidden])'),
    Right.EDIT_PATRONS: ("", "Alt I"),
    Right.TAKE_FEES: ("debtor", "Alt B"),
    Right.OVERRIDE_HARD: ("blocked", "Alt U"),
    Right.BOOK: ("soil", "Alt M"),
    Right.VIEW_LOOKUPS: ("page", '[data-line^="lookup"]'),
}


def come_to(desk: Desk, stage: Stage, how: str) -> None:
    if how in stage.people:
        desk.scan(stage.people[how])
        desk.outcomes(1)
    if how == "blocked":
        with stage.library() as library:
            desk.scan(an_item(library))
        desk.outcomes(2)
    if how == "soil":
        desk.scan("soil")
        desk.wait(".copies")
    if how == "page":
        desk.scan(stage.cards[0])
        desk.outcomes(1)
        desk.chord(Keys.ALT, "p")
        desk.wait(".line")
    sleep(0.5)


def is_there(browser: Chrome, what: str) -> bool:
    if what.startswith("Alt"):
        keys = [each.text for each in browser.find_elements(By.CSS_SELECTOR, "main button kbd")]
        return what in keys
    return bool(browser.find_elements(By.CSS_SELECTOR, what))


@pytest.mark.parametrize("right", SHOWN)
def test_who_lacks_a_right_sees_no_key_for_it(
    right: Right, desk: Desk, browser: Chrome, stage: Stage
) -> None:
    how, what = SHOWN[right]
    come_to(desk, stage, how)
    assert is_there(browser, what), "who has it does"
    name = f"no-{right.value}"
    with stage.library() as library:
        role = Role(name, name, frozenset(set(Right) - {right}))
        library.write(lambda transaction: store_role(transaction, role))
        library.write(set_up_changed)
        a_colleague(library, name, HeldRole(name, agency_id=library.main.agency_id), password=OTHER)
    browser.delete_all_cookies()
    desk.log_in(name, OTHER)
    come_to(desk, stage, how)
    assert "lack" not in desk.text("main"), "all else they may do"
    assert not is_there(browser, what)
