"""Machines as they stand in libraries: a clock that is days ahead, a browser that may store
nothing, one that is locked and loaded anew while the line is gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from sqlalchemy import select

from catalogue.database import Statement, Transaction, migrate, scalars
from circulation.holds.schema import holds
from circulation.kernel.events import Event, EventKind
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import a_hold
from tests.protocols.desk.browser import Desk, a_browser
from tests.protocols.desk.stage import NAME, PASSWORD, Stage, a_stage
from tests.protocols.desk.test_attacks import offline, sign_in_again, times_lent
from tests.protocols.desk.test_line_down import go_down, start_again
from tests.protocols.desk.test_whose_scans import until

#: A clock that is so many days off; timers run as ever.
CLOCK = """
const days = {days};
const Real = Date;
globalThis.Date = class extends Real {{
  constructor(...given) {{
    given.length ? super(...given) : super(Real.now() + days * 86400000);
  }}
  static now() {{ return Real.now() + days * 86400000; }}
}};
"""
#: A browser that stores nothing: by its settings, or in a window for guests.
STORES_NOTHING = """
const refused = () => { throw new DOMException("not here", "SecurityError"); };
for (const name of ["indexedDB", "localStorage", "sessionStorage", "caches"]) {
  Object.defineProperty(globalThis, name, { get: refused, configurable: true });
}
"""
COVER = '[data-part="cover"]'


def before_each_page(browser: Chrome, script: str) -> None:
    browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})


def newest(library: Library, item: str, kind: EventKind) -> Event:
    return next(each for each in reversed(library.events_of(item)) if each.kind is kind)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Stage]:
    """A server that may be killed."""
    url = f"sqlite:///{tmp_path / 'tiro.sqlite'}"
    migrate(url)
    with a_stage(url, tmp_path) as stage:
        yield stage


@pytest.mark.parametrize("days", [3, -400])
def test_a_clock_that_is_wrong_changes_no_moment(days: int, stage: Stage) -> None:
    with stage.library() as library, a_browser() as browser:
        before_each_page(browser, CLOCK.format(days=days))
        desk = Desk(browser, stage.address).log_in(NAME, PASSWORD)
        shown = browser.execute_script("return new Date().toISOString()")
        off = datetime.fromisoformat(shown) - datetime.now(UTC)
        assert abs(off - timedelta(days=days)) < timedelta(minutes=5), "it is wrong"
        card, item = a_patron(library), an_item(library)
        (dropped,) = stage.take_lent(1)  # days ago
        desk.scan(card, item)
        assert desk.outcomes(2)[1] == (item, "checked_out")
        lent = newest(library, item, EventKind.CHECKED_OUT)
        assert abs(lent.at - datetime.now(UTC)) < timedelta(minutes=1)
        desk.keys(Keys.ESCAPE)
        desk.chord(Keys.SHIFT, Keys.F4)  # the book drop, which was filled yesterday
        desk.wait('[data-mode^="drop"]')
        desk.scan(dropped)
        until(lambda: times_back(library, dropped), lambda found: found == 1)
        yesterday = datetime.now(UTC).astimezone() - timedelta(days=1)
        assert f"{yesterday.day} {yesterday:%b}" in desk.text('[data-mode^="drop"]')


def times_back(library: Library, item: str) -> int:
    return sum(each.kind is EventKind.CHECKED_IN for each in library.events_of(item))


@scalars(date)
def _paused() -> Statement:
    return select(holds.c.paused_from).where(holds.c.paused_from.is_not(None))


def _pauses(transaction: Transaction) -> list[date]:
    return list(_paused(transaction))


def test_a_hold_is_paused_from_the_day_that_it_is(stage: Stage) -> None:
    with stage.library() as library, a_browser() as browser:
        before_each_page(browser, CLOCK.format(days=3))
        desk = Desk(browser, stage.address).log_in(NAME, PASSWORD)
        card, item = a_patron(library), an_item(library, on_loan_to=a_patron(library))
        a_hold(library, card, item)
        desk.scan(card)
        desk.outcomes(1)
        desk.chord(Keys.ALT, "p")
        desk.click('[data-line^="hold"]')
        desk.chord(Keys.ALT, "w")
        today = datetime.now(UTC).astimezone().date()
        until(lambda: library.read(_pauses), lambda found: found == [today])


def test_what_is_scanned_without_a_line_has_the_moment_of_the_server(
    own: Stage, tmp_path: Path
) -> None:
    items = own.take(2)
    with own.library() as library:
        card = a_patron(library)
    with a_browser() as browser:
        before_each_page(browser, CLOCK.format(days=3))
        desk = Desk(browser, own.address).log_in(NAME, PASSWORD)
        desk.scan(card)
        desk.outcomes(1)
        go_down(desk, own, items[0])
        at = datetime.now(UTC)
        desk.scan(items[1])
        desk.wait('[data-part="waits"] li', 2)
        start_again(own, tmp_path)
        desk.outcomes(3)
        with own.library() as library:
            until(lambda: times_lent(library, items), lambda found: found == [1, 1])
            lent = newest(library, items[1], EventKind.CHECKED_OUT)
        happened = datetime.fromisoformat(str(lent.after.get("happened", lent.at.isoformat())))
        assert abs(happened - at) < timedelta(minutes=1)


def test_a_browser_that_stores_nothing_lends_and_says_what_that_means(
    own: Stage, tmp_path: Path
) -> None:
    items = own.take(3)
    with own.library() as library:
        card = a_patron(library)
    with a_browser() as browser:
        before_each_page(browser, STORES_NOTHING)
        desk = Desk(browser, own.address).log_in(NAME, PASSWORD)
        desk.scan(card, items[0])
        assert desk.outcomes(2)[1] == (items[0], "checked_out")
        go_down(desk, own, items[1])
        desk.scan(items[2])
        desk.wait('[data-part="waits"] li', 2)
        assert "this page alone" in desk.text("body")
        start_again(own, tmp_path)
        assert desk.outcomes(4)[2:] == [(each, "checked_out") for each in items[1:]]
        with own.library() as library:
            assert times_lent(library, items) == [1, 1, 1]
        assert not [each for each in desk.log() if "Uncaught" in each]


def test_a_page_that_is_locked_and_loaded_anew_without_a_line_goes_on_afterwards(
    own: Stage, tmp_path: Path
) -> None:
    """The browser shows nothing while the server is gone: what was scanned waits all the same."""
    items = own.take(3)
    with own.library() as library:
        card = a_patron(library)
    with a_browser() as browser:
        desk = Desk(browser, own.address).log_in(NAME, PASSWORD)
        desk.scan(card)
        desk.outcomes(1)
        go_down(desk, own, items[0])
        desk.scan(*items[1:])
        desk.wait('[data-part="waits"] li', 3)
        desk.chord(Keys.ALT, "q")
        desk.wait(f"{COVER} form")
        assert "Ørsted" not in desk.text("body")
        with pytest.raises(Exception, match="ERR_CONNECTION_REFUSED"):
            browser.get(f"{own.address}/desk")
        assert not browser.find_elements(By.CSS_SELECTOR, "li[data-code]")
        start_again(own, tmp_path)
        browser.get(f"{own.address}/desk")
        desk.wait("form input[name=password], body[data-ready]")
        if browser.find_elements(By.CSS_SELECTOR, "input[name=password]"):
            desk.log_in(NAME, PASSWORD)
        with own.library() as library:
            until(lambda: times_lent(library, items), lambda found: found == [1, 1, 1])


def test_a_lock_without_a_line_lets_in_whoever_signs_in_when_it_is_back(desk: Desk) -> None:
    desk.chord(Keys.ALT, "q")
    desk.wait(f"{COVER} form")
    offline(desk, is_offline=True)
    try:
        sign_in_again(desk)
        desk.says(f"{COVER} [data-part=refusal]", "")
        assert desk.browser.find_elements(By.CSS_SELECTOR, f"{COVER} form")
    finally:
        offline(desk, is_offline=False)
    field = desk.browser.find_element(By.CSS_SELECTOR, f"{COVER} [name=password]")
    field.clear()
    field.send_keys(PASSWORD + Keys.ENTER)
    desk.wait("#box")
