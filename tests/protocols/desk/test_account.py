"""One's own account in a real Chromium, whose authenticator is a virtual one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.common.virtual_authenticator import VirtualAuthenticatorOptions

from circulation.staff.workstations import add_workstation
from tests.builders.accounts import at_no_desk
from tests.protocols.desk.browser import Desk, a_browser
from tests.protocols.desk.stage import NAME, PASSWORD, Stage
from tests.protocols.desk.test_accessibility import violations

NEW = "a quiet corner of the park"


@pytest.fixture
def browser() -> Iterator[Chrome]:
    """With an authenticator inside, which asks for a finger and gets it."""
    with a_browser() as browser:
        options = VirtualAuthenticatorOptions(
            protocol=VirtualAuthenticatorOptions.Protocol.CTAP2,
            transport=VirtualAuthenticatorOptions.Transport.INTERNAL,
            has_resident_key=True,
            has_user_verification=True,
            is_user_verified=True,
        )
        browser.add_virtual_authenticator(options)
        yield browser


@pytest.fixture
def page(stage: Stage, browser: Chrome) -> Desk:
    """The page of whoever has just signed in, at the host that their passkeys are made for."""
    page = Desk(browser, stage.address.replace("127.0.0.1", "localhost")).log_in(NAME, PASSWORD)
    browser.get(f"{page.address}/desk/account")
    page.wait("body[data-ready]")
    page.wait('[data-part="sessions"] li')
    return page


def fill(page: Desk, form: str, **fields: str) -> None:
    """Types into a form, and sends it off."""
    its = page.wait(f'form[data-do="{form}"]')[0]
    *_, last = [(name, its.find_element(By.NAME, name), text) for name, text in fields.items()]
    for name, text in fields.items():
        its.find_element(By.NAME, name).send_keys(text)
    last[1].send_keys(Keys.ENTER)


def offer_nothing(page: Desk) -> None:
    """From now on the browser waits until somebody asks for a passkey."""
    script = "PublicKeyCredential.isConditionalMediationAvailable = async () => false"
    page.browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})


def sign_out(page: Desk) -> None:
    page.browser.execute_async_script(
        "const done = arguments[0];"
        "fetch('/api/v1/sessions/current', {method: 'DELETE'}).then(() => done())"
    )


def test_a_passkey_is_made_used_and_removed(page: Desk) -> None:
    fill(page, "make", name="this computer", password=PASSWORD)
    [passkey] = page.wait('[data-part="passkeys"] li')
    assert "this computer" in passkey.text
    assert page.text('[data-part="told"]') == "The passkey is yours."
    assert violations(page) == []
    sign_out(page)
    page.browser.get(f"{page.address}/desk")  # the browser offers it, and its owner takes it
    page.wait("body[data-ready]")
    assert page.text('[data-part="who"]') == NAME
    offer_nothing(page)
    page.browser.refresh()
    page.wait("body[data-ready]")
    page.chord(Keys.ALT, "q")
    page.wait('[data-part="cover"] [data-do="passkey"]')
    page.chord(Keys.ALT, "p")
    page.wait("main:not([inert])")
    page.browser.get(f"{page.address}/desk/account")
    [passkey] = page.wait('[data-part="passkeys"] li')
    assert "Last used" in passkey.text
    passkey.find_element(By.TAG_NAME, "button").click()
    page.wait('[data-part="passkeys"]:empty')


def test_a_passkey_that_is_none_any_more_is_refused(page: Desk) -> None:
    fill(page, "make", name="lost", password=PASSWORD)
    [passkey] = page.wait('[data-part="passkeys"] li')
    passkey.find_element(By.TAG_NAME, "button").click()
    page.wait('[data-part="passkeys"]:empty')
    sign_out(page)
    offer_nothing(page)
    page.browser.get(f"{page.address}/desk/log-in")
    page.wait('[data-do="passkey"]:not([hidden])')[0].click()
    page.wait('[data-part="refusal"]:not(:empty)')
    assert page.text('[data-part="refusal"]').startswith("The passkey is not known here")


def test_the_password_is_changed_and_other_sessions_end(page: Desk, stage: Stage) -> None:
    with a_browser() as browser:
        other = Desk(browser, stage.address).log_in(NAME, PASSWORD)
        page.browser.refresh()
        page.wait('[data-part="sessions"] li', 2)
        fill(page, "password", password="wrong", new=NEW)
        page.wait('[data-part="told"].stop')
        page.browser.refresh()
        page.wait('[data-part="sessions"] li', 2)
        try:
            fill(page, "password", password=PASSWORD, new=NEW)
            page.wait('[data-part="told"].done:not(:empty)')
            assert len(page.wait('[data-part="sessions"] li')) == 1
            other.browser.get(f"{stage.address}/desk")
            other.wait('input[name="password"]')
        finally:
            fill(page, "password", password=NEW, new=PASSWORD)
            page.wait('[data-part="told"].done:not(:empty)')
    assert violations(page) == []


def test_a_colleague_takes_over_by_a_pin(page: Desk, stage: Stage) -> None:
    with stage.library() as library:
        main = library.main.id
        key = at_no_desk(library, lambda act: add_workstation(act, "Desk 1", main))
    fill(page, "pin", password=PASSWORD, pin="4071")
    page.wait('[data-part="told"].done:not(:empty)')
    assert page.text('[data-part="told"]') == "The PIN is yours."
    offer_nothing(page)
    sign_out(page)
    script = (
        "const [wish, done] = arguments;"
        "fetch('/api/v1/sessions', {method: 'POST', body: JSON.stringify(wish),"
        "headers: {'Content-Type': 'application/json'}}).then(() => done())"
    )
    wish = {"name": NAME, "password": PASSWORD, "workstation_key": key}
    page.browser.execute_async_script(script, wish)
    page.browser.get(f"{page.address}/desk")
    page.wait("body[data-ready]")
    page.scan(stage.cards[0])
    page.outcomes(1)
    patron = page.text('[data-part="patron"]')
    page.keys(Keys.F10)
    cover = page.wait('[data-part="cover"] form')[0]
    assert violations(page) == []
    for typed in ("4072", "4071"):
        cover.find_element(By.NAME, "name").clear()
        cover.find_element(By.NAME, "name").send_keys(NAME)
        cover.find_element(By.NAME, "password").clear()
        cover.find_element(By.NAME, "password").send_keys(typed + Keys.ENTER)
        if typed == "4072":
            page.wait('[data-part="refusal"]:not(:empty)')
    page.wait("main:not([inert])")
    assert page.text('[data-part="patron"]') == patron
    assert "Desk 1" in page.text('[data-part="place"]')
