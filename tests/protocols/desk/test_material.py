"""New items, deliveries, the shelves, and many items at once, by keyboard and scanner."""

from __future__ import annotations

from time import sleep

import pytest
from selenium.webdriver.common.keys import Keys

from tests.protocols.desk.browser import Desk
from tests.protocols.desk.stage import Stage
from tests.protocols.desk.test_accessibility import violations

#: Of the stage's catalogue, and one that no catalogue has.
KNOWN, NEW = "9788700000018", "9788702113495"


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.browser.get(f"{desk.address}/desk/material")
    desk.wait("body[data-ready]")
    return desk


def at(desk: Desk, letter: str, heading: str) -> None:
    desk.chord(Keys.ALT, letter)
    desk.says("h1", heading)


def test_a_scan_makes_an_item(desk: Desk, stage: Stage) -> None:
    desk.scan(KNOWN)
    desk.says("li.row", "Scan the barcode that the item bears")
    desk.scan("NEWITEM1")
    assert "NEWITEM1" in desk.says("li.row", "Soil and water")
    assert violations(desk) == []


def test_a_title_that_nobody_has_is_written_into_the_box(desk: Desk, stage: Stage) -> None:
    desk.scan(NEW)
    desk.wait("li.row.x")
    desk.keys("Silas and the black mare / Bødker, Cecil")
    desk.chord(Keys.ALT, "r")
    desk.says("li.row", "Scan the barcode that the item bears")
    desk.scan("NEWITEM2")
    assert "brief record" in desk.says("li.row", "Silas and the black mare")


def test_what_nobody_has_announced_is_laid_aside(desk: Desk, stage: Stage) -> None:
    at(desk, "m", "Receiving")
    desk.scan(KNOWN)
    desk.says("li.row", "Not announced")
    assert violations(desk) == []


def test_a_shelf_is_counted(desk: Desk, stage: Stage) -> None:
    at(desk, "o", "Inventory")
    desk.keys("Spring")
    desk.chord(Keys.ALT, "s")
    desk.says('[data-part="keys"]', "Spring")
    desk.scan(*stage.take())
    desk.says("li.row", "Seen")
    desk.scan(stage.lent[0], "999000111")
    desk.wait("li.row", 3)
    assert "unknown" in desk.text("li.row")
    assert "is on loan" in desk.text("li.row:nth-child(2)")
    assert violations(desk) == []
    desk.chord(Keys.ALT, "s")
    desk.says('[data-part="keys"]', "none goes on")


def test_many_items_are_changed_after_a_trial(desk: Desk, stage: Stage) -> None:
    at(desk, "b", "Many at once")
    desk.scan(*stage.take(2), "999000111")
    desk.wait("li.row", 3)
    assert desk.text('[data-part="count"]') == "2"
    field = desk.wait("#field-call_number").pop()
    field.send_keys("86-096")
    desk.chord(Keys.ALT, "s")
    desk.says('[data-part="said"]', "2 would change")
    assert violations(desk) == []
    desk.chord(Keys.ALT, "s")
    desk.says('[data-part="said"]', "2 have changed")


def test_what_there_is_none_of_is_said_beside_its_field(desk: Desk, stage: Stage) -> None:
    desk.wait("#field-home").pop().send_keys("nonsense" + Keys.TAB)
    desk.says('[data-about="home"]', "not among")
    desk.wait("#field-price").pop().send_keys("dear" + Keys.TAB)
    desk.wait("#box").pop().click()
    desk.scan(KNOWN)
    assert "Price, Belongs to" in desk.says("li.row.x", "not understood")
    assert violations(desk) == []
    for name, text in (("home", "havnefilialen"), ("price", "249.95 DKK")):
        field = desk.wait(f"#field-{name}").pop()
        field.clear()
        field.send_keys(text + Keys.TAB)
    desk.says('[data-about="home"]', "Havnefilialen")
    sleep(0.5)
    desk.wait("#box").pop().click()
    desk.scan(KNOWN)
    desk.says("li.row", "Scan the barcode that the item bears")
    desk.scan("NEWITEM3")
    assert "Havnefilialen" in desk.says("li.row", "DKK")
