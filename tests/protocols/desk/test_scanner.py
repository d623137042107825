"""The scanner is faster than the line, and the line is lost in the middle."""

from __future__ import annotations

import signal
from pathlib import Path
from time import sleep

from selenium.webdriver import ActionChains
from selenium.webdriver.common.keys import Keys

from catalogue.database import Transaction, open_database
from catalogue.items import find_item
from circulation.kernel.events import EventKind, events_of_item
from tests.protocols.desk.browser import Desk, a_browser
from tests.protocols.desk.stage import NAME, PASSWORD, Stage, a_stage
from tests.servers import launch

#: Seconds between two keys of a scanner.
PACE = 0.002


def type_as_a_scanner(desk: Desk, codes: list[str]) -> None:
    """Never waits for an answer."""
    chain = ActionChains(desk.browser, duration=0)
    for code in codes:
        for key in (*code, Keys.ENTER):
            chain.send_keys(key).pause(PACE)
    chain.perform()


def _thirty(stage: Stage) -> list[str]:
    """Two patrons with loans of their own, and what is refused in between."""
    first, second = stage.items[:12], stage.items[12:24]
    codes = [stage.cards[0], *first[:6], stage.lent[0], "999000111", *first[6:]]
    codes += [stage.cards[1], *second[:5], stage.lent[1], *second[5:]]
    assert len(codes) == 29
    return [*codes, stage.items[24]]


def _times_lent(stage: Stage) -> dict[str, int]:
    database = open_database(stage.url)
    try:

        def work(transaction: Transaction) -> dict[str, int]:
            found = {}
            for barcode in stage.items[:25]:
                item = find_item(transaction, barcode)
                assert item is not None
                events = events_of_item(transaction, item_id=item.id)
                found[barcode] = sum(each.kind is EventKind.CHECKED_OUT for each in events)
            return found

        return database.read(work).result()
    finally:
        database.close()


def test_thirty_codes_through_a_restart_and_a_kill(database_url: str, tmp_path: Path) -> None:
    with a_stage(database_url, tmp_path) as stage, a_browser() as browser:
        desk = Desk(browser, stage.address).log_in(NAME, PASSWORD)
        codes = _thirty(stage)
        type_as_a_scanner(desk, codes[:10])
        stage.server.process.send_signal(signal.SIGUSR2)
        type_as_a_scanner(desk, codes[10:16])
        sleep(0.05)
        stage.server.kill()
        type_as_a_scanner(desk, codes[16:])
        desk.wait('[data-part="line"].todo')
        assert "waiting" in desk.text('[data-part="line"]')
        old = stage.server
        ports = (old.sip2, old.z3950, old.http, old.ncip)
        options = ("--config", str(tmp_path / "tiro.toml"), "serve")
        stage.server = launch(tmp_path, options, ports, 60.0)
        rows = desk.outcomes(len(codes))
        assert [code for code, _ in rows] == codes
        refused = {stage.lent[0]: "refused", stage.lent[1]: "refused", "999000111": "nothing"}
        people = dict.fromkeys(stage.cards, "patron")
        for code, outcome in rows:
            assert outcome == (refused | people).get(code, "checked_out"), code
        assert _times_lent(stage) == dict.fromkeys(stage.items[:25], 1)
        assert "waiting" not in desk.text('[data-part="line"]')


def test_the_same_code_read_twice_is_done_once(stage: Stage, desk: Desk) -> None:
    [item] = stage.take()
    type_as_a_scanner(desk, [stage.cards[0], item, item])
    assert [code for code, _ in desk.outcomes(2)] == [stage.cards[0], item]
    desk.wait("li[data-code]", 2)
    sleep(0.3)
    assert len(desk.wait("li[data-code]")) == 2
