"""axe-core finds nothing wherever one can get, in both languages and themes; nothing scrolls
sideways on a phone, in forced colours either; the browser complains of nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome

import protocols.desk
from protocols.desk import pages
from tests.protocols.desk.browser import Desk
from tests.protocols.desk.places import PLACES, fill_the_lists
from tests.protocols.desk.stage import Stage
from tests.protocols.desk.test_words import LISTS, SECTIONS, WORKS
from tests.trials import drawn

AXE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"
FOLDER = Path(protocols.desk.__file__).parent
#: Of WCAG 2.2 at level AA, which axe-core leaves out unless it is asked for.
_ALSO = {"target-size": {"enabled": True}}
#: What a theme can change.
_COLOURS = {"runOnly": ["color-contrast"]}
WIDE, NARROW = 1366, 320


def violations(desk: Desk, options: dict[str, Any] | None = None) -> list[str]:
    """What axe-core says against the page as it stands."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: install npm, then make node_modules/installed")
    if not desk.browser.execute_script("return 'axe' in window"):
        desk.browser.execute_cdp_cmd("Runtime.evaluate", {"expression": AXE.read_text()})
    found = desk.browser.execute_async_script(
        "axe.run(arguments[0]).then(({ violations }) => arguments[1](JSON.stringify(violations)))",
        options or {"rules": _ALSO},
    )
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}"
        for each in json.loads(found)
        for node in each["nodes"]
    ]


def complaints(desk: Desk) -> list[str]:
    """What the browser complains of: policies, scripts, what is not there. That nobody is signed in
    (401) and that the rules say no (409) are answers, and the page says them."""
    answers = re.compile(r"/api/v1/.* status of (401|409) ")
    return [each for each in desk.log() if not answers.search(each)]


def look(browser: Chrome, *, dark: bool = False, forced: bool = False) -> None:
    """The theme that is asked for, and its colours once they stand: none fades."""
    features = [
        {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
        {"name": "forced-colors", "value": "active" if forced else "none"},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def is_narrow(desk: Desk) -> bool:
    return bool(desk.browser.execute_script("return document.documentElement.scrollWidth <= 320"))


#: Lines of text that cover one another, but for what stays where it is while the rest scrolls.
_OVERLAPS = """
    const lines = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode, element = text.parentElement;
      if (!text.data.trim() || !element.checkVisibility({ visibilityProperty: true })) continue;
      if (element.closest("option, .unseen, .box, .bar, .locks, [inert]")) continue;
      const range = document.createRange();
      range.selectNodeContents(text);
      for (const box of range.getClientRects()) {
        if (box.width > 1) lines.push([text.data.trim(), box]);
      }
    }
    const covered = (one, other) =>
      Math.min(one.right, other.right) - Math.max(one.left, other.left) > 2 &&
      Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 5;
    return lines.flatMap(([text, box], at) => lines.slice(at + 1)
      .filter(([, other]) => covered(box, other)).map(([more]) => `${text} | ${more}`));
"""


def badly_placed(desk: Desk) -> list[str]:
    """What covers other text, and a menu that does not come first."""
    found = [f"covers: {each}" for each in desk.browser.execute_script(_OVERLAPS)]
    menu_top, main_top = desk.browser.execute_script(
        "return ['.top', 'main:not([hidden])'].map("
        "(each) => document.querySelector(each)?.getBoundingClientRect().top ?? 0)"
    )
    return [*found, *(["the menu is below the page"] if menu_top > main_top else [])]


def size(browser: Chrome, width: int) -> None:
    its = {"width": width, "height": 820, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", its)


def faults(desk: Desk, *, is_dark_first: bool) -> list[str]:
    """All that is wrong with what is seen: each theme's colours, one theme's everything else."""
    found = []
    look(desk.browser, dark=is_dark_first)
    found += violations(desk)
    look(desk.browser, dark=not is_dark_first)
    found += violations(desk, _COLOURS)
    found += badly_placed(desk)
    size(desk.browser, NARROW)
    found += badly_placed(desk)
    if not is_narrow(desk):
        found.append("scrolls sideways at 320 pixels")
    look(desk.browser, forced=True)
    if not is_narrow(desk):
        found.append("scrolls sideways at 320 pixels in forced colours")
    size(desk.browser, WIDE)
    if is_dark_first:
        found += violations(desk, _COLOURS)
    return found + complaints(desk)


LANGUAGES = ("da", "en")


@pytest.fixture(scope="module")
def full(stage: Stage) -> Stage:
    fill_the_lists(stage)
    return stage


@pytest.fixture(params=LANGUAGES)
def reader(request: pytest.FixtureRequest, browser: Chrome, full: Stage) -> Iterator[Desk]:
    """A browser in which nobody is signed in, of somebody who reads that language."""
    browser.get(f"{full.address}/desk/log-in")
    browser.delete_all_cookies()
    browser.add_cookie({"name": "tiro-language", "value": request.param, "path": "/"})
    desk = Desk(browser, full.address)
    desk.log()
    yield desk
    look(browser)
    size(browser, WIDE)


def test_everybody_can_use_every_place(
    reader: Desk, full: Stage, request: pytest.FixtureRequest
) -> None:
    """In each language all are walked through, since each begins where the last has led; where
    trials are not whole, a place is examined in the language that is drawn."""
    language = request.node.callspec.params["reader"]
    wrong = {}
    for place in PLACES:
        look(reader.browser)
        place.show(reader, full)
        assert reader.browser.execute_script("return document.documentElement.lang") == language
        is_examined = language in drawn(f"{place.page.name} {place.part}", LANGUAGES, 1)
        found = faults(reader, is_dark_first=language == "da") if is_examined else []
        if found:
            wrong[f"{place.page.name} {place.part}"] = found
    assert wrong == {}


def test_every_place_is_in_the_table() -> None:
    walked = {(place.page, place.part) for place in PLACES}
    assert {page for page, _ in walked} == {*pages.PAGES, pages.PUBLIC}
    parts = {pages.LISTS: LISTS, pages.ADMINISTRATION: SECTIONS, pages.MATERIAL: WORKS}
    template = (FOLDER / "templates" / "public.html").read_text()
    views = re.findall(r'<main[^>]* data-part="([\w-]+)"', template)
    for page, names in (parts | {pages.PUBLIC: set(views)}).items():
        assert {part for each, part in walked if each == page} == names, page.name
