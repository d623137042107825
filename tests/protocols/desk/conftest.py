"""A desk in a browser, over a server of its own: one of each for the tests of a module."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from tests.protocols.desk.browser import Desk, a_browser
from tests.protocols.desk.stage import NAME, PASSWORD, Stage, a_stage


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("desk")
    path = shutil.copy(sqlite_template, folder / "tiro.sqlite")
    with a_stage(f"sqlite:///{path}", folder, renewal_from="due") as stage:
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
