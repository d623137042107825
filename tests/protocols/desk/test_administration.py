"""Administration, as those see it who may see all of it."""

from __future__ import annotations

from contextlib import suppress
from time import sleep

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from circulation.calendars.rows import closure_rows
from circulation.kernel.rights import Right
from circulation.kernel.set_up import set_up_changed
from circulation.staff.roles import HeldRole, Role, store_role, stored_roles
from tests.builders.accounts import a_colleague
from tests.circulation.languages.test_sentences import BROKEN, ENGLISH_WORDS
from tests.protocols.desk.browser import Desk, a_browser
from tests.protocols.desk.stage import NAME, PASSWORD, Stage


def _signed_in(desk: Desk, name: str) -> None:
    desk.browser.get(f"{desk.address}/")
    desk.browser.delete_all_cookies()
    script = """
        const [name, password, done] = arguments;
        fetch("/api/v1/sessions", {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ name, password }),
        }).then((answer) => done(answer.status));
    """
    assert desk.browser.execute_async_script(script, name, PASSWORD) == 201


def _open(desk: Desk, section: str) -> None:
    desk.browser.get(f"{desk.address}/desk/administration#{section}")
    desk.wait(f'[data-part="sections"] a[href="#{section}"][aria-current]')
    desk.wait('[data-part="section"] > *')


def test_an_account_is_made_gets_a_password_and_is_closed(stage: Stage, browser: Chrome) -> None:
    desk = Desk(browser, stage.address)
    _signed_in(desk, NAME)
    _open(desk, "staff")
    fields = {
        "user": "bo",
        "name": "Bo Berg",
        "branch": "DK-900101",
        "roles": "assistant@DK-900101",
    }
    desk.wait("summary")[0].click()
    for name, value in fields.items():
        browser.find_element(By.NAME, name).send_keys(value)
    desk.wait(".fields .go")[0].click()
    row = '//tr[contains(., "Bo Berg")]'
    _until(desk, row, "No password yet")
    browser.find_element(By.XPATH, f"{row}//summary[contains(., 'Change')]").click()
    browser.find_element(By.XPATH, f"{row}//summary[contains(., 'Give a password')]").click()
    browser.find_element(By.XPATH, f"{row}//input[@name='password']").send_keys("a quiet corner\n")
    _until(desk, row, "Open")
    browser.find_element(By.XPATH, f"{row}//summary[contains(., 'Change')]").click()
    browser.find_element(By.XPATH, f"{row}//button[text()='Close']").click()
    _until(desk, row, "Closed")


def test_a_browser_is_registered_from_the_log_in_page(stage: Stage, browser: Chrome) -> None:
    desk = Desk(browser, stage.address)
    browser.delete_all_cookies()
    browser.get(f"{stage.address}/desk/log-in")
    desk.says('[data-part="where"]', "not registered")
    desk.click('[data-part="where"] a')
    browser.find_element(By.NAME, "name").send_keys(NAME)
    browser.find_element(By.NAME, "password").send_keys(PASSWORD + Keys.ENTER)
    desk.wait('[data-part="sections"] a[href="#workstations"][aria-current]')
    assert desk.text('[data-part="place"]') == "Hovedbiblioteket, not registered"
    desk.wait('[data-part="section"] summary')[0].click()
    form = desk.wait('[data-part="section"] form')[0]
    form.find_element(By.NAME, "name").send_keys("Front desk")
    form.find_element(By.NAME, "branch").send_keys("DK-900102")
    form.find_element(By.NAME, "kind").send_keys("Receipt")
    form.find_element(By.NAME, "address").send_keys("127.0.0.1:9100" + Keys.ENTER)
    desk.says('[data-part="place"]', "Havnefilialen, Front desk")
    said = desk.says('[data-part="section"]', "This browser is the workstation Front desk")
    assert "127.0.0.1:9100" in said
    before = browser.get_cookie("tiro-workstation")
    desk.click('[data-part="section"] .here button')
    for _ in range(200):
        if browser.get_cookie("tiro-workstation") != before:
            break
        sleep(0.05)
    assert browser.get_cookie("tiro-workstation") != before
    desk.wait("body[data-ready]")
    desk.wait('[data-part="section"] .here button', 2)[1].click()
    desk.says('[data-part="place"]', "Hovedbiblioteket, not registered")
    desk.wait('[data-part="section"] table')
    assert browser.get_cookie("tiro-workstation") is None
    assert "Front desk" not in desk.text('[data-part="section"] table')


def test_why_a_loan_is_allowed_is_explained(stage: Stage, browser: Chrome) -> None:
    desk = Desk(browser, stage.address)
    _signed_in(desk, NAME)
    _open(desk, "rules")
    browser.find_element(By.NAME, "patron").send_keys(stage.cards[0])
    browser.find_element(By.NAME, "item").send_keys(stage.items[0] + "\n")
    desk.wait('[data-part="section"] table')
    shown = desk.text('[data-part="section"]')
    assert "May borrow, until" in shown
    assert "loan_days" in shown


def test_a_set_up_is_checked_and_a_closure_thought_about(stage: Stage, browser: Chrome) -> None:
    desk = Desk(browser, stage.address)
    _signed_in(desk, NAME)
    _open(desk, "setup")
    desk.wait("summary")[0].click()
    browser.find_element(By.TAG_NAME, "textarea").send_keys(
        "nonsense = 1"
    )  # the box is "text", too
    desk.wait(".fields .go")[0].click()
    desk.wait('[data-part="section"] .stop')
    _open(desk, "closures")
    browser.find_element(By.NAME, "branch").send_keys("DK-900101")
    day = "arguments[0].value = arguments[1]"
    browser.execute_script(day, browser.find_element(By.NAME, "first"), "2031-03-03")
    desk.wait(".fields .go")[0].click()
    desk.wait('[data-part="section"] [aria-live] table', 2)
    desk.click('[data-part="section"] [aria-live] > button')
    desk.click('[data-part="section"] td button')
    desk.wait('[data-part="section"] tbody td[colspan]')
    with stage.library() as library:
        assert library.read(closure_rows) == []


TEXT = """
consortium = "Prøvestad"
[categories]
adult = "Voksne"
[agencies.DK-900100]
name = "Biblioteket"
[branches.DK-900101]
agency = "DK-900100"
name = "Centralen"
[branches.DK-900102]
agency = "DK-900100"
name = "Havnen"
"""


def test_a_danish_page_names_jobs_roles_and_parts_in_danish(stage: Stage) -> None:
    """The library's own roles are called what the library calls them."""
    with stage.library() as library:
        own = Role("skole", "Skolens folk", frozenset({Right.LEND}))
        library.write(lambda transaction: store_role(transaction, own))
        library.write(set_up_changed)
        a_colleague(library, "eva", HeldRole("skole"), HeldRole("librarian"))
        roles = library.write(stored_roles)  # people hold them: no text may leave them out
    kept = (f'[roles.{each.code}]\nname = "{each.name}"\nrights = ["lend"]\n' for each in roles)
    with a_browser(language="da") as browser:
        desk = Desk(browser, stage.address)
        _signed_in(desk, NAME)
        _open(desk, "jobs")
        row = "//tr[contains(., 'old-notices')]"
        _until(desk, row, "Gamle beskeder")
        _until(desk, row, "old-notices: sletter indholdet af gamle beskeder")
        browser.find_element(By.XPATH, f"{row}//button").click()
        _until(desk, row.replace("old-notices", "sessions"), "Sessioner")
        desk.says('[data-part="told"]', "Gamle beskeder er kørt")
        browser.refresh()
        _until(desk, row, "beskeder anonymiseret: 0")
        _open(desk, "roles")
        _until(desk, "//tr[contains(., 'head')]", "Biblioteksleder")
        _until(desk, "//tr[contains(., 'skole')]", "Skolens folk")
        _open(desk, "staff")
        _until(desk, "//tr[contains(., 'eva')]", "Bibliotekar, alle steder")
        _until(desk, "//tr[contains(., 'eva')]", "Skolens folk, alle steder")
        _open(desk, "setup")
        desk.says('[data-part="section"]', "Lånerkategori (")
        desk.wait("summary")[0].click()
        browser.find_element(By.TAG_NAME, "textarea").send_keys(TEXT, *kept)
        desk.wait(".fields .go")[0].click()
        _until(desk, "//tr[contains(., 'Centralen')]", "Afdeling DK-900101")
        assert "patron category" not in desk.text('[data-part="section"]')
        _open(desk, "roles")
        _until(desk, "//tr[contains(., 'skole')]", "udlåne, forny")
        _until(desk, "//tr[contains(., 'skole')]", "lend")


def test_problems_of_a_set_up_are_danish_on_a_danish_page(stage: Stage) -> None:
    """And so is all that is refused: an account that cannot be, a loan that the rules forbid."""
    with a_browser(language="da") as browser:
        desk = Desk(browser, stage.address)
        _signed_in(desk, NAME)
        _open(desk, "setup")
        desk.wait("summary")[0].click()
        script = "arguments[0].value = arguments[1]"
        browser.execute_script(script, browser.find_element(By.TAG_NAME, "textarea"), BROKEN)
        desk.wait(".fields .go")[0].click()
        desk.wait('[data-part="section"] li .stop', 60)
        lines = desk.text('[data-part="section"] ul.list').splitlines()
        assert all(line.startswith("Linje ") or "DK-" in line for line in lines)
        assert not [line for line in lines if ENGLISH_WORDS & {*line.lower().split()}]
        _open(desk, "staff")
        desk.wait("summary")[0].click()
        given = {"user": "e va", "name": "Eva", "branch": "DK-900101", "roles": "king@DK-900101"}
        for name, value in given.items():
            browser.find_element(By.NAME, name).send_keys(value)
        desk.wait(".fields .go")[0].click()
        told = desk.says('[data-part="told"]', "rollen king findes ikke")
        assert "et brugernavn har bogstaver" in told
        _open(desk, "rules")
        browser.find_element(By.NAME, "patron").send_keys("nobody")
        browser.find_element(By.NAME, "item").send_keys(stage.items[0] + "\n")
        desk.says('[data-part="told"]', "ingen af jeres lånere har det kort")


def _until(desk: Desk, row: str, text: str) -> None:
    for _ in range(500):
        found = desk.browser.find_elements(By.XPATH, row)
        with suppress(StaleElementReferenceException):
            if found and text in found[0].text:
                return
        sleep(0.04)
    raise AssertionError((text, desk.text("main"), desk.log()))
