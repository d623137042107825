"""The page of differences from the old system, before a proxy that runs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome
from selenium.webdriver.support.select import Select

from tests.protocols.desk.browser import Desk
from tests.protocols.desk.stage import NAME, PASSWORD, a_stage
from tests.protocols.desk.test_accessibility import faults, look, size
from tests.protocols.proxy.serving import OUT, ask, proxy
from tests.protocols.proxy.test_two_systems import Two, two

__all__ = ["two"]
PHONE = 390


def test_what_differs_is_listed_by_what_to_do_and_follows_a_comparison(
    two: Two, browser: Chrome, sqlite_template: Path, tmp_path: Path
) -> None:
    two.settings("new with write-back")
    two.old.habits.knows_no_block = False
    path = two.folder / "proxy.toml"
    path.write_text(path.read_text() + '[reconcile]\nrequests_per_second = 400\nhours = ""\n')
    two.old.lends_until = "20261221    235900"
    folder = tmp_path / "desk"
    folder.mkdir()
    database = shutil.copy(sqlite_template, folder / "tiro.sqlite")
    api = f'proxy_journal = "{two.folder / "journal"}"\n'
    with (
        proxy(two.folder) as running,
        a_stage(f"sqlite:///{database}", folder, api=api) as stage,
    ):
        ask(running.terminal(), OUT)
        browser.delete_all_cookies()
        desk = Desk(browser, stage.address).log_in(NAME, PASSWORD)
        _open_until(desk, ".differs")
        assert desk.text(".errand") == "You: set the due date in the old system\n1"
        _narrow(desk)
        shown = desk.text(".differs")
        for each in ("I1", "Hovedbiblioteket", "until 21 Dec 2026", "until 23 Dec 2026"):
            assert each in shown
        assert "1 difference" in desk.text('[data-part="section"] [role=status]')
        size(browser, PHONE)
        assert _cut_off(desk) == []
        size(browser, 1366)
        assert faults(desk, is_dark_first=False) == []
        look(browser)
        two.old.loans["I1"] = "P1", "20261223    235900"
        desk.click("summary")
        desk.click('.fields button[type="submit"]')
        desk.says('[data-part="told"]', "2 items and patrons are being compared.")
        desk.says('[data-part="section"] [role=status]', "Both systems agree")
        assert browser.find_elements("css selector", ".differs, .errand") == []


def _open_until(desk: Desk, selector: str) -> None:
    """Open the page again until it shows an element: the proxy compares a moment after the act."""
    for _ in range(100):
        desk.browser.get("about:blank")
        desk.browser.get(f"{desk.address}/desk/administration#unequal")
        desk.wait('[data-part="section"] [role=status]')
        if desk.browser.find_elements("css selector", selector):
            return
    raise AssertionError(desk.text("main"))


def _narrow(desk: Desk) -> None:
    """Look for a barcode that no row has, and for one that a row has; reload and go back."""
    errand = desk.browser.find_element("css selector", '[role="search"] [name="errand"]')
    Select(errand).select_by_value("DUE_DATE")
    assert desk.text('[name="errand"] option:checked') == "set the due date in the old system (1)"
    desk.browser.find_element("css selector", '[name="find"]').send_keys("I9")
    desk.says('[data-part="section"]', "Nothing here")
    desk.browser.refresh()
    desk.says('[data-part="section"]', "Nothing here")
    assert desk.browser.current_url.endswith("#unequal?errand=DUE_DATE&find=I9")
    assert desk.text('[name="errand"] option:checked') == "set the due date in the old system (0)"
    desk.browser.back()
    desk.wait(".differs")
    assert desk.browser.current_url.endswith("#unequal?errand=DUE_DATE")


def _cut_off(desk: Desk) -> Any:
    """Return the texts of rows that go beyond the screen."""
    return desk.browser.execute_script(
        "return [...document.querySelectorAll('.differs *')].filter((each) =>"
        " each.getBoundingClientRect().right > innerWidth).map((each) => each.textContent)"
    )
