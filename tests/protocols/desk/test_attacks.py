"""The desk in the hands of whoever means no good, or has no luck: lines that come and go, sessions
that end in the middle, names that are scripts, the way back after the log-out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from time import sleep

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from catalogue.changes.accession import add_record
from catalogue.database import Transaction
from catalogue.items import add_item
from circulation.kernel.events import EventKind
from circulation.kernel.organisation import add_branch
from circulation.notices.writing import Words, write_to
from circulation.patrons.consents import give_consent
from circulation.patrons.guardians import add_guardian
from circulation.patrons.kinds import Consent
from circulation.staff.programs import NewProgram, add_program
from circulation.staff.roles import HeldRole
from tests.builders.accounts import COMMAND, a_colleague, at_no_desk
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.fees import charge, number_of
from tests.builders.holds import a_hold
from tests.builders.pins import hashed
from tests.protocols.desk.browser import Desk
from tests.protocols.desk.stage import NAME, PASSWORD, Stage
from tests.protocols.desk.test_line_down import KEPT
from tests.protocols.desk.test_public import PIN, Page
from tests.protocols.desk.test_scanner import type_as_a_scanner
from tests.protocols.sru.stage import a_record

#: The password of a colleague.
OTHER = "battery staple"


def offline(desk: Desk, *, is_offline: bool) -> None:
    """The line of this browser."""
    line = {"offline": is_offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    desk.browser.execute_cdp_cmd("Network.enable", {})
    desk.browser.execute_cdp_cmd("Network.emulateNetworkConditions", line)


def times_lent(library: Library, items: list[str]) -> list[int]:
    lent = EventKind.CHECKED_OUT
    return [sum(each.kind is lent for each in library.events_of(item)) for item in items]


def sign_in_again(desk: Desk, name: str = NAME, password: str = PASSWORD) -> None:
    desk.wait('[data-part="cover"] input[name="password"]')
    desk.browser.find_element(By.CSS_SELECTOR, '[data-part="cover"] [name="name"]').send_keys(name)
    field = desk.browser.find_element(By.CSS_SELECTOR, '[data-part="cover"] [name="password"]')
    field.send_keys(password + Keys.ENTER)


@pytest.fixture
def line(desk: Desk) -> Iterator[Desk]:
    yield desk
    offline(desk, is_offline=False)


def test_a_line_that_goes_and_a_session_that_ends_meanwhile(line: Desk, stage: Stage) -> None:
    with stage.library() as library:
        first, second = a_patron(library), a_patron(library)
        items = [an_item(library) for _ in range(12)]
        codes = [first, *items[:6], second, *items[6:]]
        type_as_a_scanner(line, codes[:4])
        offline(line, is_offline=True)
        type_as_a_scanner(line, codes[4:9])
        line.wait('[data-part="line"].todo')
        line.browser.delete_all_cookies()
        type_as_a_scanner(line, codes[9:])
        offline(line, is_offline=False)
        sign_in_again(line)
        rows = line.outcomes(len(codes))
        assert [code for code, _ in rows] == codes
        assert {outcome for _, outcome in rows} == {"patron", "checked_out"}
        assert times_lent(library, items) == [1] * 12


def test_a_page_that_is_loaded_anew_while_the_line_is_lost(line: Desk, stage: Stage) -> None:
    with stage.library() as library:
        card, items = a_patron(library), [an_item(library) for _ in range(10)]
        line.scan(card)
        line.outcomes(1)
        offline(line, is_offline=True)
        type_as_a_scanner(line, items)
        line.wait('[data-part="waits"] li', 10)
        sleep(0.5)
        assert line.browser.execute_async_script(KEPT)["number"] == 10
        offline(line, is_offline=False)
        line.browser.refresh()
        line.wait("body[data-ready]")
        line.says("aside h1", "Ida")
        end = 400
        while times_lent(library, items) != [1] * 10:
            end -= 1
            assert end, times_lent(library, items)
            sleep(0.05)
        sleep(0.5)
        assert times_lent(library, items) == [1] * 10, "none twice"
        assert line.browser.execute_async_script(KEPT)["number"] == 0


def test_two_pages_of_one_desk_stand_in_nobodys_way(desk: Desk, stage: Stage) -> None:
    with stage.library() as library:
        cards = [a_patron(library), a_patron(library)]
        items = [[an_item(library) for _ in range(4)] for _ in cards]
    first = desk.browser.current_window_handle
    desk.browser.switch_to.new_window("tab")
    try:
        desk.browser.get(f"{desk.address}/desk")
        desk.wait("body[data-ready]")
        windows = (desk.browser.current_window_handle, first)
        for window, card, theirs in zip(windows, cards, items, strict=True):
            desk.browser.switch_to.window(window)
            type_as_a_scanner(desk, [card, *theirs])
            rows = desk.outcomes(5)
            assert [outcome for _, outcome in rows] == ["patron", *["checked_out"] * 4]
    finally:
        desk.browser.switch_to.window(desk.browser.window_handles[-1])
        desk.browser.close()
        desk.browser.switch_to.window(first)


def test_a_colleague_who_takes_over_finds_what_was_begun(desk: Desk, stage: Stage) -> None:
    with stage.library() as library:
        card, items = a_patron(library), [an_item(library) for _ in range(4)]
        a_colleague(library, "bo", HeldRole("administrator"), password=OTHER)
        type_as_a_scanner(desk, [card, *items[:2]])
        desk.outcomes(3)
        desk.keys(Keys.F10)
        sign_in_again(desk, "bo", OTHER)
        desk.says('[data-part="who"]', "bo")
        type_as_a_scanner(desk, items[2:])
        assert [outcome for _, outcome in desk.outcomes(5)][3:] == ["checked_out"] * 2
        events = [library.events_of(item)[-1] for item in items]
        assert [each.actor for each in events] == [NAME, NAME, "bo", "bo"]


#: What the browser would do if any of it were taken for HTML.
SCRIPT = "<img src=x onerror=\"document.title='pwned'\"><script>document.title='pwned'</script>"
#: What there would be then, on any page.
TAKEN = "return document.querySelectorAll('img, iframe, script:not([src])').length"


def test_names_titles_and_notes_are_words_and_nothing_else(desk: Desk, stage: Stage) -> None:
    with stage.library() as library:
        names = {"given_name": SCRIPT, "family_name": SCRIPT}
        card = a_patron(library, **names, note=SCRIPT)
        item = an_item(library, title=SCRIPT, author=SCRIPT, call_number=SCRIPT, location=SCRIPT)
        late = an_item(library, title=SCRIPT, author=SCRIPT, on_loan_to=card)
        a_hold(library, a_patron(library, **names), item)
        charge(library, card, 5000)
    desk.log()

    def is_safe(what: str) -> None:
        assert desk.browser.execute_script(TAKEN) == 0, what
        assert "pwned" not in desk.browser.title, what
        assert not [each for each in desk.log() if "Content Security" in each], what

    desk.scan(card, item, late, SCRIPT)
    desk.outcomes(4)
    assert SCRIPT in desk.text("aside h1")
    is_safe("rows")
    desk.chord(Keys.ALT, "p")
    desk.wait('[data-line^="lookup"]')
    is_safe("the patron")
    desk.keys(Keys.ESCAPE)
    desk.scan("img onerror")
    desk.wait(".found > li")
    is_safe("what was found")
    desk.keys(Keys.F9)
    for name in ("pick", "shelf", "overdue", "transits"):
        desk.browser.get(f"{desk.address}/desk/lists#{name}")
        desk.wait(f'[data-list="{name}"] > *')
        desk.browser.refresh()
        desk.wait(f'[data-list="{name}"] > *')
        is_safe(name)
    for page in ("today", "administration#lookups", "administration#staff", "material#batch"):
        desk.browser.get(f"{desk.address}/desk/{page}")
        desk.wait("body[data-ready]")
        desk.scan(item)
        desk.wait("li[data-code]")
        is_safe(page)


#: For a page, for a template, for an address.
HOSTILE = f'"><{SCRIPT[1:]}{{{{7*7}}}} javascript:alert(1)'
APP = "javascript:alert(1)"


def _a_house_of_scripts(library: Library) -> tuple[str, str]:
    """The card of a patron about whom everything is hostile, and the client id of an app."""
    names = {"given_name": SCRIPT, "family_name": "{{7*7}}"}
    branch = library.write(
        lambda transaction: add_branch(transaction, library.main.agency_id, "DK-900166", HOSTILE)
    )
    born = library.today - timedelta(days=366 * 9)
    card = a_patron(library, **names, pin_hash=hashed(PIN), email="a@example.org")
    child = a_patron(library, **names, birth_date=born)
    its = {"title": HOSTILE, "author": HOSTILE, "call_number": SCRIPT, "location": SCRIPT}
    an_item(library, on_loan_to=card, **its)
    an_item(library, on_loan_to=child, **its)
    a_hold(library, card, an_item(library, **its, on_loan_to=child))
    charge(library, card, 5000, note=HOSTILE)
    numbers = number_of(library, child), number_of(library, card)
    record = a_record("66600001", HOSTILE, HOSTILE, "", f"Mischief {SCRIPT}", 1999, "dan")

    def work(transaction: Transaction) -> None:
        act = library.act(transaction)
        add_guardian(act, *numbers, today=library.today, sees_account=True)
        words = Words(text=HOSTILE, subject=HOSTILE, title="")
        write_to(act, words, patron_id=numbers[1], actor="anna", channels=("email",))
        give_consent(act, numbers[1], Consent.KEEP_HISTORY)
        title = add_record(transaction, record, now=library.now, record_format="marc21")
        add_item(transaction, barcode="EVIL1", record_id=title, branch_id=branch, now=library.now)

    library.write(work)
    library.check_in(an_item(library, on_loan_to=card, **its))
    back = ("http://127.0.0.1/back",)
    new = NewProgram(APP, library.main.id, [], acts_for="patron", redirect_uris=back)
    made = at_no_desk(library, lambda act: add_program(act, COMMAND, new))
    return card, str(made.client_id)


_AGREE = """
  const [client_id, done] = arguments;
  const asked = {
    client_id, redirect_uri: "http://127.0.0.1/back", response_type: "code",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256",
  };
  fetch("/api/v1/oauth/authorization", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ agreed: true, asked }),
  }).then(async (answer) => done([answer.status, await answer.text()]));
"""


def test_the_page_for_everybody_shows_scripts_as_words(stage: Stage, browser: Chrome) -> None:
    with stage.library() as library:
        card, client = _a_house_of_scripts(library)
    # At this address apps may be agreed to without a certificate.
    page = Page(browser, stage.address.replace("127.0.0.1", "localhost")).open()
    page.log()

    def is_safe(what: str, *parts: str) -> None:
        for part in parts:
            page.says(f'[data-part="{part}"]', "onerror=")
        assert browser.execute_script(TAKEN) == 0, what
        assert browser.execute_script(
            "return [...document.links].every(_ => !_.href.startsWith('javascript'))"
        )
        assert "pwned" not in browser.title, what
        assert not [each for each in page.log() if "Content Security" in each], what

    page.look_for("mischief")
    page.says('[data-part="titles"]', HOSTILE)
    is_safe("what was found", "titles", "facets")
    page.press(".to-title")
    page.says('[data-part="title"]', HOSTILE)
    browser.execute_script("document.querySelectorAll('details').forEach(_ => { _.open = true; })")
    is_safe("a title", "title")
    page.account(card)
    status, told = browser.execute_async_script(_AGREE, client)
    assert status == 200, told
    page.account_when_told(card, HOSTILE)
    browser.execute_script("document.querySelectorAll('details').forEach(_ => { _.open = true; })")
    for part in ("loans", "holds", "charges", "messages", "settings"):
        page.says(f'[data-part="{part}"]', HOSTILE)
    page.says('[data-part="apps"]', APP)
    is_safe("the own page", "me", "family")
    assert "49" not in page.text('[data-part="messages"]')


def test_the_way_back_leads_to_nobody_after_the_log_out(desk: Desk, stage: Stage) -> None:
    desk.scan(stage.people["elder"])
    desk.says("aside h1", "Karla")
    desk.browser.get(f"{desk.address}/desk/account")
    desk.wait("body[data-ready]")
    desk.browser.delete_all_cookies()
    desk.browser.back()
    desk.wait('input[name="password"]')
    assert "Karla" not in desk.browser.page_source
    desk.browser.forward()
    sleep(0.5)
    assert "Karla" not in desk.browser.page_source
