"""Nobody's name stays on a screen that nobody looks at; everything is seen in forced colours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.protocols.desk.browser import Desk, a_browser
from tests.protocols.desk.stage import NAME, PASSWORD, Stage

#: A minute of the page's clocks is a second.
HURRY = """
const real = window.setTimeout;
window.setTimeout = (work, time, ...more) => real(work, time >= 60000 ? time / 60 : time, ...more);
"""


@pytest.fixture
def hurried(stage: Stage) -> Iterator[Desk]:
    with a_browser() as browser:
        browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": HURRY})
        yield Desk(browser, stage.address).log_in(NAME, PASSWORD)


def test_a_page_that_nobody_uses_says_so_and_locks(hurried: Desk, stage: Stage) -> None:
    hurried.scan(stage.cards[0])
    hurried.outcomes(1)
    hurried.wait('[data-part="locks"]', patience=25)
    assert "Any key" in hurried.text('[data-part="locks"]')
    hurried.keys(Keys.ESCAPE)
    assert not hurried.browser.find_elements(By.CSS_SELECTOR, '[data-part="locks"]')
    hurried.wait('[data-part="cover"] input[name="password"]', patience=25)
    assert "Ørsted" not in hurried.text("body")


def test_one_key_hides_the_patron_and_shows_them_again(desk: Desk, stage: Stage) -> None:
    desk.scan(stage.cards[0])
    desk.outcomes(1)
    assert "Ørsted" in desk.text("body")
    desk.chord(Keys.ALT, "x")
    assert "Ørsted" not in desk.text("body")
    desk.scan(*stage.take())
    desk.outcomes(2)
    assert "Ørsted" not in desk.text("body")
    desk.chord(Keys.ALT, "x")
    assert "Ørsted" in desk.text("body")


@pytest.mark.parametrize("path", ["/desk", "/desk/lists"])
def test_what_colours_say_is_seen_without_them(path: str, stage: Stage) -> None:
    with a_browser() as browser:
        desk = Desk(browser, stage.address).log_in(NAME, PASSWORD)
        forced = {"features": [{"name": "forced-colors", "value": "active"}]}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", forced)
        browser.get(f"{stage.address}{path}")
        desk.wait("body[data-ready]")
        desk.scan(stage.lent[0], "999000111")
        desk.outcomes(2)
        edges = browser.execute_script(
            "return [...document.querySelectorAll('.row.x, .row.new, .box')]"
            ".map(each => getComputedStyle(each).borderLeftWidth)"
        )
        assert len(edges) >= 2
        assert "0px" not in edges
        assert browser.find_elements(By.CSS_SELECTOR, ".row.x .mark")[0].text == "Stop"
