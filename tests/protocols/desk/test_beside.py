"""The box is on every page: a scan is looked up there, and a card goes to the desk by one key."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.keys import Keys

from tests.protocols.desk.browser import Desk
from tests.protocols.desk.stage import Stage
from tests.protocols.desk.test_accessibility import violations
from tests.protocols.desk.test_line_down import KEPT
from tests.protocols.desk.test_scanner import type_as_a_scanner

BESIDE = ("today", "administration")


def opened(desk: Desk, name: str) -> Desk:
    desk.browser.get(f"{desk.address}/desk/{name}")
    desk.wait("body[data-ready]")
    return desk


@pytest.mark.parametrize("name", BESIDE)
def test_what_is_scanned_is_looked_up_and_stays_as_it_is(
    name: str, desk: Desk, stage: Stage
) -> None:
    [free], lent = stage.take(), stage.lent[0]
    opened(desk, name)
    assert desk.text('[data-part="label"]') == "Look only"
    type_as_a_scanner(desk, [free, lent, "999000111"])
    assert desk.outcomes(3) == [(free, "item"), (lent, "item"), ("999000111", "nothing")]
    assert "On loan" in desk.text(f'[data-code="{lent}"]')
    assert violations(desk) == []


@pytest.mark.parametrize("name", [*BESIDE, "lists"])
def test_a_card_is_taken_to_the_desk_by_one_key(name: str, desk: Desk, stage: Stage) -> None:
    opened(desk, name)
    desk.scan(stage.people["elder"])
    desk.says("li[data-outcome=patron]", "Cards are for the desk")
    assert "Karla" not in desk.text("body")
    desk.scan("")  # an Enter confirms nothing
    assert f"/desk/{name}" in desk.browser.current_url
    desk.chord(Keys.ALT, "p")
    desk.wait("[data-part=duties]")
    desk.says("aside h1", "Karla")
    assert desk.browser.current_url == f"{desk.address}/desk"
    kept = desk.browser.execute_async_script(KEPT)
    assert (kept["number"], kept["text"]) == (0, ""), "nothing is left behind"


def test_letters_of_fields_stay_in_their_fields(desk: Desk) -> None:
    opened(desk, "administration#staff")
    desk.wait('[data-part="section"] summary')
    desk.browser.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
    field = desk.wait('[data-part="section"] input')[0]
    field.send_keys("anna")
    assert field.get_attribute("value") == "anna"
    assert desk.wait("#box")[0].get_attribute("value") == ""
