"""axe-core finds nothing on any page, in both languages and themes; no page scrolls sideways."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from time import sleep

import pytest
from selenium.webdriver.common.keys import Keys

from tests.protocols.desk.browser import Desk, a_browser
from tests.protocols.desk.stage import NAME, PASSWORD, Stage

AXE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"


def violations(desk: Desk) -> list[str]:
    """What axe-core says against the page as it stands."""
    if not AXE.is_file():
        pytest.fail("axe-core is not there: npm ci --ignore-scripts")
    desk.browser.execute_cdp_cmd("Runtime.evaluate", {"expression": AXE.read_text()})
    found = desk.browser.execute_async_script(
        "const done = arguments[0]; axe.run().then(r => done(JSON.stringify(r.violations)))"
    )
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}"
        for each in json.loads(found)
        for node in each["nodes"]
    ]


def refused_by_policy(desk: Desk) -> list[str]:
    """What the browser complains of, but for the answer that nobody is signed in yet."""
    return [each for each in desk.log() if "/sessions/" not in each]


@pytest.fixture(params=[("da", False), ("da", True), ("en", False), ("en", True)], ids=str)
def desk(request: pytest.FixtureRequest, stage: Stage) -> Iterator[Desk]:
    language, dark = request.param
    with a_browser(language=language, dark=dark) as browser:
        yield Desk(browser, stage.address)


def test_every_state_of_the_desk(desk: Desk, stage: Stage) -> None:
    desk.browser.get(f"{stage.address}/desk")
    desk.wait('input[name="password"]')
    assert violations(desk) == []
    desk.log_in(NAME, PASSWORD)
    assert violations(desk) == []
    desk.scan(stage.cards[0], *stage.take(), stage.lent[0], "999000111", "soil")
    desk.outcomes(5)
    desk.keys(Keys.F1)
    desk.wait(".help")
    desk.wait(".copies")
    sleep(0.3)  # the newest row's colour comes within 160 ms
    assert violations(desk) == []
    desk.scan("karla")
    desk.wait(".found li", 2)
    desk.keys(Keys.ARROW_DOWN)
    assert violations(desk) == []
    for key in (Keys.F3, Keys.F4, Keys.F6):
        desk.keys(key)
        assert violations(desk) == []
    assert refused_by_policy(desk) == []


def test_the_page_of_a_patron(desk: Desk, stage: Stage) -> None:
    desk.log_in(NAME, PASSWORD)
    for card in (stage.people["debtor"], stage.people["blocked"], stage.cards[-1]):
        desk.scan(card)
        desk.chord(Keys.ALT, "p")
        desk.wait('[data-line^="lookup"]')
        for _ in range(3):
            assert violations(desk) == []
            desk.keys(Keys.ARROW_RIGHT)
    desk.chord(Keys.ALT, "c")
    assert violations(desk) == []
    assert refused_by_policy(desk) == []


def test_forms_and_what_is_found_while_typing(desk: Desk, stage: Stage) -> None:
    desk.log_in(NAME, PASSWORD)
    desk.chord(Keys.ALT, "i")
    desk.wait("#field-card")
    desk.scan("X1", "Karla", "Toft")
    desk.wait(".form .note li", 2)
    assert violations(desk) == []
    desk.keys(Keys.ESCAPE)
    desk.scan(stage.cards[0])
    desk.outcomes(1)
    desk.keys("soil")
    desk.wait('[data-part="live"] .facets button', 2)
    desk.keys(Keys.ARROW_DOWN)
    assert violations(desk) == []
    desk.chord(Keys.ALT, "m")
    desk.wait(".calendar td", 35)
    assert violations(desk) == []
    assert refused_by_policy(desk) == []


def is_narrow(desk: Desk) -> bool:
    return bool(desk.browser.execute_script("return document.documentElement.scrollWidth <= 320"))


def test_nothing_scrolls_sideways_at_320_pixels(stage: Stage) -> None:
    with a_browser(language="da", width=320) as browser:
        desk = Desk(browser, stage.address).log_in(NAME, PASSWORD)
        desk.scan(stage.cards[0], *stage.take(), stage.lent[0], "999000111")
        desk.outcomes(4)
        assert is_narrow(desk)
        desk.chord(Keys.ALT, "p")
        desk.wait('[data-line^="lookup"]')
        assert is_narrow(desk)
        desk.chord(Keys.ALT, "i")
        desk.wait("#field-given_name")
        assert is_narrow(desk)
        desk.keys(Keys.ESCAPE)
        desk.keys("soil")
        desk.wait('[data-part="live"] .facets button', 2)
        desk.keys(Keys.ARROW_DOWN)
        assert is_narrow(desk)
        desk.chord(Keys.ALT, "m")
        desk.wait(".calendar td", 35)
        assert is_narrow(desk)
        desk.keys(Keys.F4)
        assert is_narrow(desk)
        browser.get(f"{stage.address}/desk/material#batch")
        desk.wait("body[data-ready]")
        assert is_narrow(desk)
