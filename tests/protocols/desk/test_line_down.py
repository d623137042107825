"""A desk whose line is down goes on: what was scanned is kept encrypted, and sent afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import sleep

import pytest
from selenium.webdriver.common.keys import Keys

from catalogue.database import migrate
from tests.builders.circulation import a_patron, an_item
from tests.protocols.desk.browser import Desk, a_browser
from tests.protocols.desk.stage import NAME, PASSWORD, Stage, a_stage
from tests.servers import launch

#: Seconds after which a line that is lost counts as down.
DOWN = 8.5

#: Everything that the browser keeps, as text: what is sealed, byte for byte as characters.
KEPT = """
const done = arguments[0];
const request = indexedDB.open("tiro-desk");
request.onupgradeneeded = () => request.transaction.abort(); // it is for the page to make
request.onerror = () => done({ extractable: null, number: 0, text: "" });
request.onsuccess = (event) => {
  const stores = event.target.result.transaction(["keys", "scans", "open"]);
  const all = ["keys", "scans", "open"].map((name) => new Promise((resolve) => {
    stores.objectStore(name).getAll().onsuccess = (found) => resolve(found.target.result);
  }));
  Promise.all(all).then(([[key], scans, open]) => done({
    extractable: key?.extractable,
    number: scans.length,
    text: [...scans, ...open].map(({ sealed }) =>
      String.fromCharCode(...new Uint8Array(sealed))).join(" "),
  }));
};
"""


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    url = f"sqlite:///{tmp_path / 'tiro.sqlite'}"
    migrate(url)
    with a_stage(url, tmp_path) as stage:
        yield stage


def start_again(stage: Stage, folder: Path) -> None:
    old = stage.server
    ports = (old.sip2, old.z3950, old.http, old.ncip)
    options = ("--config", str(folder / "tiro.toml"), "serve")
    stage.server = launch(folder, options, ports, 60.0)


def go_down(desk: Desk, stage: Stage, first: str) -> None:
    """The server is gone, and a scan has found it out."""
    stage.server.kill()
    desk.scan(first)
    desk.wait('[data-part="line"].todo')
    sleep(DOWN)
    desk.wait('[data-part="down"]:not([hidden])')


def test_what_happens_meanwhile_is_kept_and_comes_into_the_books(
    stage: Stage, tmp_path: Path
) -> None:
    with stage.library() as library:
        card, blocked = a_patron(library), an_item(library, on_loan_to=stage.cards[1])
    items = stage.take(3)
    with a_browser() as browser:
        desk = Desk(browser, stage.address).log_in(NAME, PASSWORD)
        desk.scan(card)
        desk.outcomes(1)
        go_down(desk, stage, items[0])
        # The second is on loan to somebody else, as the books say; the patron has left with it.
        desk.scan(blocked, stage.cards[2], items[1], items[2])
        waits = [each.text for each in desk.wait('[data-part="waits"] li', 5)]
        assert waits == [
            f"…{each[-4:]}" for each in (items[0], blocked, stage.cards[2], *items[1:])
        ]
        desk.keys(Keys.F9)  # what they take home: the page knows no more
        assert desk.says(".paper h2", "Emergency receipt")
        said = desk.text(".receipt")
        assert all(f"* {each}" in said for each in (items[0], blocked, *items[1:]))
        assert "The system is down" in said
        sleep(0.5)
        kept = browser.execute_async_script(KEPT)
        assert (kept["extractable"], kept["number"]) == (False, 5)
        assert not any(each in kept["text"] for each in (*items, blocked, *stage.cards, NAME))
        start_again(stage, tmp_path)
        rows = desk.outcomes(6)
        assert [outcome for _, outcome in rows] == [
            "patron",
            "checked_out",
            "checked_out",
            "patron",
            "checked_out",
            "checked_out",
        ]
        assert not browser.find_elements("css selector", '[data-part="waits"] li')
        desk.wait('[data-part="down"][hidden]')
        browser.get(f"{stage.address}/desk/lists#conflicts")
        [conflict] = desk.wait("[data-line]")
        assert blocked in conflict.text
        assert browser.execute_async_script(KEPT)["number"] == 0


def test_a_page_that_was_closed_meanwhile_goes_on(stage: Stage, tmp_path: Path) -> None:
    with stage.library() as library:
        card = a_patron(library)
    items = stage.take(3)
    with a_browser() as browser:
        desk = Desk(browser, stage.address).log_in(NAME, PASSWORD)
        desk.scan(card)
        desk.outcomes(1)
        go_down(desk, stage, items[0])
        desk.scan(items[1])
        desk.wait('[data-part="waits"] li', 2)
        sleep(0.5)
        browser.get("about:blank")
        start_again(stage, tmp_path)
        browser.get(f"{stage.address}/desk")
        desk.wait("body[data-ready]")
        rows = desk.outcomes(2)
        assert rows == [(items[0], "checked_out"), (items[1], "checked_out")]
        assert desk.text("aside h1") != "No patron"
