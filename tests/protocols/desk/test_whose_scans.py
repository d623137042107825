"""Whose scans are they? What waits when somebody goes is sent in nobody else's name unless they say
so, and then the books name both; nothing is lost, and nothing is done twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep, time
from typing import TypeVar

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from circulation.kernel.events import Event, EventKind
from circulation.kernel.rights import Right
from circulation.kernel.set_up import set_up_changed
from circulation.staff.roles import HeldRole, Role, store_role
from tests.builders.accounts import a_colleague
from tests.builders.circulation import Library, a_patron, an_item
from tests.protocols.desk.browser import Desk, a_browser
from tests.protocols.desk.stage import NAME, PASSWORD, Stage, a_stage
from tests.protocols.desk.test_attacks import OTHER, offline, sign_in_again
from tests.protocols.desk.test_line_down import KEPT

T = TypeVar("T")
WAITS = 'li[data-outcome="waits"]'
COVER = '[data-part="cover"]'
#: From now on the server does what is scanned, and no answer arrives.
DEAF = """
window.heard = window.fetch;
window.fetch = async (address, ...more) => {
  const answer = await window.heard(address, ...more);
  if (String(address).endsWith("/desk/scan") && answer.ok) throw new TypeError("no answer");
  return answer;
};
"""


def until(look: Callable[[], T], is_it: Callable[[T], bool], patience: float = 20) -> T:
    end = monotonic() + patience
    while not is_it(found := look()):
        assert monotonic() < end, found
        sleep(0.05)
    return found


def lent(library: Library, item: str) -> list[Event]:
    return [each for each in library.events_of(item) if each.kind is EventKind.CHECKED_OUT]


def who(library: Library, items: list[str]) -> list[list[tuple[str, str | None]]]:
    """Who lent each, and who had scanned it."""
    return [
        [(each.actor, each.after.get("scanned_by")) for each in lent(library, item)]
        for item in items
    ]


def scanned(desk: Desk, codes: list[str]) -> None:
    """A scanner types, a key in two milliseconds however busy the machine of the tests may be."""
    at = time()
    for key in (key for code in codes for key in (*code, "Enter")):
        at += 0.002
        text = "\r" if key == "Enter" else key
        said = {"type": "keyDown", "key": key, "text": text, "timestamp": at}
        if key == "Enter":
            said["windowsVirtualKeyCode"] = 13
        desk.browser.execute_cdp_cmd("Input.dispatchKeyEvent", said)


def expires(desk: Desk) -> None:
    """The session of whoever is there ends, and a scan finds out."""
    desk.browser.delete_all_cookies()


def colleague(library: Library, name: str, *lacking: Right) -> None:
    role = f"of {name}"
    rights = frozenset(set(Right) - set(lacking))
    library.write(lambda transaction: store_role(transaction, Role(role, role, rights)))
    library.write(set_up_changed)
    a_colleague(library, name, HeldRole(role), password=OTHER)


@pytest.fixture(scope="module")
def library(stage: Stage) -> Iterator[Library]:
    with stage.library() as library:
        colleague(library, "bo")
        yield library


@pytest.fixture
def line(desk: Desk) -> Iterator[Desk]:
    yield desk
    offline(desk, is_offline=False)
    desk.browser.execute_script("indexedDB.deleteDatabase('tiro-desk'); localStorage.clear()")


def interrupted(desk: Desk, library: Library, number: int = 3) -> list[str]:
    """A patron is open, and so many items wait when the session ends."""
    card, items = a_patron(library), [an_item(library) for _ in range(number)]
    desk.scan(card)
    desk.outcomes(1)
    expires(desk)
    scanned(desk, items)
    desk.wait(f"{COVER} form")
    desk.says(f"{COVER} [data-part=hint]", f"{number} scan")
    return items


def test_a_colleague_sends_them_and_both_are_named(database_url: str, tmp_path: Path) -> None:
    with (
        a_stage(database_url, tmp_path) as stage,
        stage.library() as library,
        a_browser() as browser,
    ):
        colleague(library, "bo")
        desk = Desk(browser, stage.address).log_in(NAME, PASSWORD)
        items = interrupted(desk, library)
        sign_in_again(desk, "bo", OTHER)
        [row] = desk.wait(WAITS)
        assert "Scans by anna that wait: 3" in row.text
        sleep(0.5)
        assert who(library, items) == [[], [], []]
        desk.chord(Keys.ALT, "v")
        until(lambda: who(library, items), lambda found: found == [[("bo", "anna")]] * 3)
        assert [code for code, _ in desk.outcomes(5)][2:] == items
        assert "scanned by anna" in desk.text(f'[data-code="{items[0]}"]')
        browser.refresh()
        desk.wait("body[data-ready]")
        assert not browser.find_elements(By.CSS_SELECTOR, "li[data-code]")


def test_what_is_left_waits_for_who_has_scanned_it(line: Desk, library: Library) -> None:
    items = interrupted(line, library)
    sign_in_again(line, "bo", OTHER)
    line.wait(WAITS)
    line.chord(Keys.ALT, "l")
    line.says(WAITS, "They wait here until anna signs in")
    kept = line.browser.execute_async_script(KEPT)
    assert kept["number"] == 3
    assert not any(each in kept["text"] for each in (*items, "anna", "bo"))
    line.browser.refresh()
    line.wait(WAITS)  # told again
    line.chord(Keys.ALT, "q")
    line.says(f"{COVER} [data-part=hint]", "3 scans are waiting")
    sign_in_again(line, NAME, PASSWORD)
    until(lambda: who(library, items), lambda found: found == [[("anna", None)]] * 3)
    ids = [lent(library, item)[0].id for item in items]
    assert ids == sorted(ids)
    assert line.browser.execute_async_script(KEPT)["number"] == 0
    line.browser.refresh()
    line.wait("body[data-ready]")
    sleep(0.5)
    assert who(library, items) == [[("anna", None)]] * 3


def test_what_was_done_without_an_answer_is_not_done_again(line: Desk, library: Library) -> None:
    card, items = a_patron(library), [an_item(library, on_loan_to=a_patron(library)), ""]
    items[1] = an_item(library)
    line.scan(card)
    line.outcomes(1)
    line.browser.execute_script(DEAF)
    scanned(line, items)
    line.wait('[data-part="line"].todo')
    before = [len(library.events_of(each)) for each in items]
    expires(line)
    line.wait(f"{COVER} form")
    sign_in_again(line, "bo", OTHER)
    line.wait(WAITS)
    line.browser.execute_script("window.fetch = window.heard")
    line.chord(Keys.ALT, "v")
    line.outcomes(4)
    assert who(library, items[1:]) == [[("bo", "anna")]]
    assert len(library.events_of(items[0])) == before[0]


def test_nobody_works_in_the_name_of_who_signs_in_on_another_page(
    line: Desk, library: Library
) -> None:
    first = line.browser.current_window_handle
    card, item = a_patron(library), an_item(library)
    line.scan(card)
    line.outcomes(1)
    line.browser.switch_to.new_window("tab")
    try:
        line.browser.get(f"{line.address}/desk/log-in")
        line.wait('input[name="password"]')
        line.browser.find_element(By.NAME, "name").send_keys("bo")
        line.browser.find_element(By.NAME, "password").send_keys(OTHER + Keys.ENTER)
        line.wait("body[data-ready]")
        line.browser.switch_to.window(first)
        line.scan(item)
        line.says('[data-part="who"]', "bo")
        line.wait(WAITS)
        assert "No patron" in line.text("aside h1")
        sleep(0.3)
        assert who(library, [item]) == [[]]
    finally:
        line.browser.switch_to.window(line.browser.window_handles[-1])
        line.browser.close()
        line.browser.switch_to.window(first)


def test_a_page_leaves_alone_what_another_page_still_sends(line: Desk, library: Library) -> None:
    first = line.browser.current_window_handle
    card, item = a_patron(library), an_item(library)
    line.scan(card)
    line.outcomes(1)
    line.browser.execute_script("window.heard = fetch; window.fetch = () => Promise.reject('no')")
    line.scan(item)
    line.wait('[data-part="line"].todo')
    line.browser.switch_to.new_window("tab")
    try:
        line.browser.get(f"{line.address}/desk")
        line.wait("body[data-ready]")
        sleep(1)
        assert not line.browser.find_elements(By.CSS_SELECTOR, "li[data-code]")
        line.browser.close()
        line.browser.switch_to.window(first)
        line.browser.execute_script("window.fetch = window.heard")
        assert line.outcomes(2)[1] == (item, "checked_out")
    finally:
        line.browser.switch_to.window(first)
    assert who(library, [item]) == [[("anna", None)]]


@pytest.mark.parametrize(
    ("lacking", "has_key"), [((), True), ((Right.LEND,), False), ((Right.BACKDATE,), True)]
)
def test_who_may_not_lend_does_not_send_for_others(
    lacking: tuple[Right, ...], has_key: bool, line: Desk, library: Library
) -> None:
    name = f"no.{'.'.join(each.value for each in lacking)}x"
    colleague(library, name, *lacking)
    [item] = interrupted(line, library, 1)
    sign_in_again(line, name, OTHER)
    line.wait(WAITS)
    assert ("Send them for anna" in line.text(WAITS)) is has_key
    assert ("Only anna" in line.text(WAITS)) is not has_key
    sleep(0.3)
    assert who(library, [item]) == [[]]


def test_money_that_waits_is_not_taken_in_the_name_of_another(
    line: Desk, stage: Stage, library: Library
) -> None:
    line.scan(stage.people["payer"])
    line.outcomes(1)
    line.chord(Keys.ALT, "b")
    expires(line)
    line.chord(Keys.ALT, "b")
    line.wait(f"{COVER} form")
    sign_in_again(line, "bo", OTHER)
    line.says('[data-part="said"]', "Somebody else has signed in")
    line.scan(stage.cards[0])
    line.outcomes(2)
    line.scan(stage.people["payer"])
    line.outcomes(3)
    assert "50" in line.text('[data-part="patron"]')


def name_field(browser: Chrome) -> str:
    field = browser.find_element(By.CSS_SELECTOR, '[name="name"]')
    return str(field.get_property("value"))


def test_a_scan_over_the_log_in_form_goes_on_when_its_scanner_is_back(
    line: Desk, library: Library
) -> None:
    items = interrupted(line, library, 1)
    line.browser.find_element(By.CSS_SELECTOR, f"{COVER} [name=name]").send_keys("an")
    sleep(0.4)
    more = [an_item(library), an_item(library)]
    scanned(line, more)
    line.says(f"{COVER} [data-part=hint]", "3 scans are waiting")
    assert name_field(line.browser) == "an"
    assert not line.text(f"{COVER} [data-part=refusal]")
    sign_in_again(line, "na")
    until(lambda: who(library, items + more), lambda found: found == [[("anna", None)]] * 3)
    assert [code for code, _ in line.outcomes(4)][1:] == items + more


def test_a_scan_after_the_lock_is_nobodys_until_somebody_says_so(
    line: Desk, library: Library
) -> None:
    item, other = an_item(library, on_loan_to=a_patron(library)), an_item(library)
    line.chord(Keys.ALT, "q")
    line.wait(f"{COVER} form")
    scanned(line, [item])
    line.says(f"{COVER} [data-part=hint]", f"…{item[-4:]}")
    assert name_field(line.browser) == ""
    sign_in_again(line, "bo", OTHER)
    line.says(WAITS, "made while nobody was signed in: 1")
    line.chord(Keys.ALT, "v")
    line.outcomes(2)
    back = library.events_of(item)[-1]
    assert (back.kind, back.actor, back.after.get("scanned_by")) == (
        EventKind.CHECKED_IN,
        "bo",
        None,
    )
    line.browser.get(f"{line.address}/desk/log-in")
    line.wait('[data-part="where"] a')
    scanned(line, [other])
    line.says('[data-part="hint"]', "waits until you have signed in")
    assert name_field(line.browser) == ""
    expires(line)
    line.log_in("bo", OTHER)
    line.wait(WAITS)
    line.chord(Keys.ALT, "l")
    line.says(WAITS, "Dropped")
    line.browser.refresh()
    line.wait("body[data-ready]")
    sleep(0.3)
    assert not line.browser.find_elements(By.CSS_SELECTOR, WAITS)
    assert library.events_of(other) == []
