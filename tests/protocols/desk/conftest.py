"""A desk in a browser, over a server of its own: one of each for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome

from catalogue.database import migrate
from tests.protocols.desk.browser import Desk, a_browser
from tests.protocols.desk.stage import NAME, PASSWORD, Stage, a_stage


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("desk")
    url = f"sqlite:///{folder / 'tiro.sqlite'}"
    migrate(url)
    with a_stage(url, folder, renewal_from="due") as stage:
        yield stage


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    with a_browser() as browser:
        yield browser


@pytest.fixture
def desk(stage: Stage, browser: Chrome) -> Desk:
    """A page on which nothing was scanned yet, of somebody who has just signed in."""
    browser.delete_all_cookies()
    return Desk(browser, stage.address).log_in(NAME, PASSWORD)
