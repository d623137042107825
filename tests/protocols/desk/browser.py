"""A desk in a real Chromium, driven by its keyboard."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

import pytest
from selenium.webdriver import ActionChains, Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

#: Programs of Debian's packages chromium and chromium-driver.
PROGRAMS = ("chromium", "chromedriver")


@contextmanager
def a_browser(*, language: str = "en", dark: bool = False, width: int = 1366) -> Iterator[Chrome]:
    """A browser in which nobody has been. The test says what is missing if it cannot start."""
    missing = [each for each in PROGRAMS if shutil.which(each) is None]
    if missing:
        pytest.skip(f"install {' and '.join(missing)}: apt-get install chromium chromium-driver")
    options = ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for argument in ("headless=new", f"window-size={width},820", f"lang={language}", "mute-audio"):
        options.add_argument(f"--{argument}")
    if os.getuid() == 0:
        options.add_argument("--no-sandbox")
    options.add_argument("--disable-dev-shm-usage")
    options.add_experimental_option("prefs", {"intl.accept_languages": language})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = Chrome(options=options, service=Service(str(shutil.which("chromedriver"))))
    try:
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        size = {"width": width, "height": 820, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        yield browser
    finally:
        browser.quit()


class Desk:
    """A page of the desk, as whoever sits there sees it."""

    def __init__(self, browser: Chrome, address: str) -> None:
        self.browser = browser
        self.address = address

    def log_in(self, name: str, password: str) -> Desk:
        """Signs somebody in, and waits for the box."""
        self.browser.get(f"{self.address}/desk")
        self.wait('input[name="password"]')
        self.browser.find_element(By.NAME, "name").send_keys(name)
        self.browser.find_element(By.NAME, "password").send_keys(password + Keys.ENTER)
        self.wait("body[data-ready]")
        return self

    def keys(self, *keys: str) -> None:
        """Presses keys wherever the focus is."""
        self.browser.switch_to.active_element.send_keys(*keys)

    def chord(self, *keys: str) -> None:
        """Presses keys together: the last while the others are held."""
        chain = ActionChains(self.browser)
        for each in keys[:-1]:
            chain.key_down(each)
        chain.send_keys(keys[-1])
        for each in reversed(keys[:-1]):
            chain.key_up(each)
        chain.perform()

    def scan(self, *codes: str) -> None:
        """A scanner types a code and Enter."""
        for code in codes:
            self.keys(code + Keys.ENTER)

    def wait(self, selector: str, number: int = 1, patience: float = 20.0) -> list[Any]:
        """The elements, as soon as there are so many. Fails with the log of the browser."""
        end = monotonic() + patience
        while True:
            found = self.browser.find_elements(By.CSS_SELECTOR, selector)
            if len(found) >= number:
                return found
            assert monotonic() < end, (selector, len(found), self.log(), self.text("main"))
            sleep(0.02)

    def outcomes(self, number: int) -> list[tuple[str, str]]:
        """Code and outcome of so many rows, the oldest first."""
        self.wait("#box")
        self.wait("li[data-code]", number)
        script = (
            "return [...document.querySelectorAll('li[data-code]')].reverse()"
            ".map(each => [each.dataset.code, each.dataset.outcome])"
        )
        return [tuple(each) for each in self.browser.execute_script(script)]

    def text(self, selector: str) -> str:
        """What the first of the elements says, as it is shown; nothing where there is none."""
        script = "return document.querySelector(arguments[0])?.innerText ?? ''"
        return str(self.browser.execute_script(script, selector))

    def click(self, selector: str) -> None:
        """A click on the first of the elements, as it stands at this moment."""
        self.wait(selector)
        self.browser.execute_script("document.querySelector(arguments[0]).click()", selector)

    def says(self, selector: str, words: str, patience: float = 20.0) -> str:
        """What the element says, as soon as it has these words."""
        end = monotonic() + patience
        while words not in (text := self.text(selector)):
            assert monotonic() < end, (selector, words, text, self.log(), self.text("main"))
            sleep(0.02)
        return text

    def log(self) -> Sequence[str]:
        """What the browser has complained about."""
        return [each["message"] for each in self.browser.get_log("browser")]
