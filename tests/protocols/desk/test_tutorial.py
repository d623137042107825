"""A morning at the desk is done in a browser, in English and in Danish, and the page says what the
document says.

A block fenced as ``desk`` is done line by line: ``scan`` types and presses Enter, ``type`` types,
``press`` presses keys. A block fenced as ``text`` that follows is what is to be read on the page.
"""

from __future__ import annotations

import re
from pathlib import Path
from time import sleep

import pytest
from selenium.webdriver.common.keys import Keys

from tests.protocols.desk.browser import Desk, a_browser
from tests.servers import running_demo

DOCS = Path(__file__).parents[3] / "docs"
DOCUMENTS = {"en": DOCS / "a-morning-at-the-desk.md", "da": DOCS / "da/en-morgen-ved-skranken.md"}
_FENCED = re.compile(r"^```(desk|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_KEYS = {
    "Alt": Keys.ALT,
    "Ctrl": Keys.CONTROL,
    "Shift": Keys.SHIFT,
    "Enter": Keys.ENTER,
    "F2": Keys.F2,
    "F4": Keys.F4,
    "↓": Keys.ARROW_DOWN,
}


def do(desk: Desk, line: str) -> None:
    verb, _, words = line.partition(" ")
    if verb == "press":
        sleep(0.2)  # people look before they press
        if words == "↓":
            desk.wait(".found > li")
        desk.chord(*(_KEYS.get(each, each.lower()) for each in words.split()))
        if words == "Alt I":
            desk.wait("#field-card")
            sleep(0.1)
        return
    if verb == "scan":
        desk.scan(words)
    else:
        desk.keys(words)
        desk.wait('[data-part="live"] .found > li')


@pytest.mark.drawn(1)
@pytest.mark.parametrize("language", DOCUMENTS)
def test_the_document_is_true(language: str, tmp_path: Path) -> None:
    with (
        running_demo(tmp_path / "my-library") as server,
        a_browser(language=language) as browser,
    ):
        desk = Desk(browser, f"http://127.0.0.1:{server.http}").log_in("desk", "desk")
        for kind, content in _FENCED.findall(DOCUMENTS[language].read_text(encoding="utf-8")):
            for line in content.splitlines():
                if kind == "desk":
                    do(desk, line)
                else:
                    desk.says("body", line)
