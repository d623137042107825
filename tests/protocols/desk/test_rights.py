"""Who lacks a right does not find its keys at the desk, and the server refuses what they would ask.

A row for each key and each place that takes a right: where it stands, and what it asks the API.
The sections of administration, the lists and what is done with material are read off the scripts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final, NamedTuple

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys

import protocols.desk
from circulation.kernel.reasons import Reason
from circulation.kernel.rights import Right
from circulation.kernel.set_up import set_up_changed
from circulation.notices.writing import Words, write_to
from circulation.patrons.addresses import NewAddress, add_address
from circulation.patrons.changes import change_patron
from circulation.patrons.consents import give_consent
from circulation.patrons.kinds import Consent
from circulation.staff.roles import HeldRole, Role, store_role
from tests.builders.accounts import a_colleague
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.fees import charge, number_of
from tests.builders.holds import a_hold
from tests.protocols.desk.browser import Desk
from tests.protocols.desk.places import fill_the_lists
from tests.protocols.desk.stage import NAME, PASSWORD, Stage

SCRIPTS: Final = Path(protocols.desk.__file__).with_name("static")
STREET: Final = "Hemmelig Allé"


class Asked(NamedTuple):
    """A request; what stands in braces are ids of the stage."""

    method: str
    path: str
    body: dict[str, Any] | None = None


class Shown(NamedTuple):
    """What somebody with the right is shown: `at` a place of `PLACES` a key, or what a selector
    finds; a key of a line once that is chosen. `asked` is what it asks for. `also` is another right
    that it takes."""

    at: str
    what: str
    asked: Asked
    line: str = ""
    also: Right | None = None


def _way(at: str, page: str, asked: Asked) -> Shown:
    return Shown(at, f'nav > a[href="/desk/{page}"]'.replace('/"', '"'), asked)


_LEND: Final = Asked("POST", "/checkouts", {"patron": "{patron}", "item": "{item}"})
_PAY: Final = Asked(
    "POST", "/patrons/{patron}/payments", {"amount": 100, "currency": "DKK", "method": "desk"}
)


def _passing(reason: Reason) -> Asked:
    """Lends, and passes over a reason."""
    override = {"reasons": [reason.name], "why": "agreed"}
    return Asked("POST", "/checkouts", {**(_LEND.body or {}), "override": override})


#: For each right what it shows at the desk.
KEYS: Final[dict[Right, tuple[Shown, ...]]] = {
    Right.LEND: (
        _way("today", "", _LEND),
        *(
            Shown("help", each, Asked("POST", "/desk/scan", {"text": "{item}", "mode": mode}))
            for each, mode in (("F3", "look"), ("F4", "return"), ("F6", "renew"))
        ),
        Shown("help", "F9", Asked("POST", "/slips", {"kind": "receipt", "patron": "{patron}"})),
        Shown("help", "Ctrl Z", Asked("POST", "/undo", {"item": "{item}"})),
        Shown(
            "lists",
            '[data-act="O"]',
            Asked("POST", "/checkins", {"item": "{item}"}),
            also=Right.USE_LISTS,
        ),
        Shown("lists", '[data-part="form"]:not([hidden])', Asked("GET", "/items/{item}")),
    ),
    Right.VIEW_PATRONS: (
        Shown("help", "F8", Asked("GET", "/patrons/{patron}")),
        Shown("help", "Alt P", Asked("POST", "/patrons/search", {"text": "Ida", "limit": 2})),
        Shown("help", "Shift F8", Asked("GET", "/lists/machines")),
    ),
    Right.EDIT_PATRONS: (
        Shown("help", "Alt C", Asked("POST", "/patrons/{patron}/cards", {"identifier": "N1"})),
        Shown("patron", "Alt I", Asked("PATCH", "/patrons/{patron}", {"email": "a@example.org"})),
        Shown(
            "patron",
            "Alt O",
            Asked("POST", "/patrons/{patron}/contacts", {"kind": "phone", "value": "12345678"}),
            "contact new",
        ),
        Shown("patron", "Alt O", Asked("PUT", "/patrons/{patron}/pin", {"pin": "2718"}), "pin"),
        Shown("patron", "Alt O", Asked("PUT", "/patrons/{patron}/absence", {}), "absence"),
        Shown(
            "patron",
            "Alt O",
            Asked("POST", "/patrons/{patron}/blocks", {"reason": "other", "message": "No"}),
            "block new",
        ),
        Shown(
            "patron",
            "Alt Z",
            Asked("DELETE", "/patrons/{patron}/consents/keep_history"),
            "consent keep_history",
        ),
    ),
    Right.VIEW_HISTORY: (
        Shown("patron", '[data-line^="past"]', Asked("GET", "/patrons/{patron}/history")),
    ),
    Right.VIEW_PROTECTED_ADDRESSES: (
        Shown("patron", '[data-line^="address"]', Asked("GET", "/patrons/{patron}/contacts")),
    ),
    Right.TAKE_FEES: (
        Shown("patron", "Alt B", _PAY, "charge"),
        Shown("help", "Alt B", _PAY),
    ),
    Right.WAIVE_FEES: (
        Shown(
            "patron", "Alt Y", Asked("POST", "/charges/{charge}/write-offs", {"why": "x"}), "charge"
        ),
    ),
    Right.OVERRIDE_SOFT: (Shown("expired", "Alt U", _passing(Reason.PATRON_EXPIRED)),),
    Right.OVERRIDE_HARD: (Shown("blocked", "Alt U", _passing(Reason.PATRON_BLOCKED)),),
    Right.BACKDATE: (
        Shown(
            "help",
            "Shift F4",
            Asked("POST", "/checkins", {"item": "{item}", "at": "2026-01-05T20:00:00Z"}),
        ),
    ),
    Right.REORDER_HOLDS: (
        Shown(
            "patron",
            "Alt O",
            Asked("POST", "/holds/{hold}/place", {"number": 1, "why": "x"}),
            "hold",
        ),
    ),
    Right.CHANGE_ITEMS: tuple(
        Shown("patron", key, Asked("POST", "/items/{item}/state", {"to": to}), "loan")
        for key, to in (("Alt G", "claimed_returned"), ("Alt V", "lost"))
    ),
    Right.CHANGE_MANY_ITEMS: (
        Shown(
            "material",
            '[data-part="works"] [href="#batch"]',
            Asked("POST", "/stock/withdrawals", {"items": ["{item}"], "why": "x"}),
        ),
        Shown(
            "material",
            '[data-part="works"] [href="#inventory"]',
            Asked("POST", "/inventories", {"name": "All"}),
        ),
    ),
    Right.USE_LISTS: (_way("today", "lists", Asked("GET", "/lists/pick")),),
    Right.EDIT_CATALOGUE: (
        Shown(
            "material",
            '[data-part="works"] [href="#new"]',
            Asked("POST", "/accessions", {"number": "9788700000018"}),
        ),
        Shown(
            "material",
            '[data-part="works"] [href="#receive"]',
            Asked("POST", "/deliveries/scans", {"scanned": "9788700000018"}),
        ),
    ),
    Right.BOOK: (
        Shown(
            "title",
            "Alt M",
            Asked(
                "POST",
                "/bookings",
                {"patron": "{patron}", "item": "{item}", "first": "2031-03-03"}
                | {"last": "2031-03-05"},
            ),
        ),
    ),
    Right.VIEW_NOTICES: (
        Shown("patron", '[data-line^="message"]', Asked("GET", "/patrons/{patron}/notices")),
    ),
    Right.VIEW_REPORTS: (_way("material", "today", Asked("GET", "/today")),),
    Right.VIEW_LOOKUPS: (
        Shown("patron", '[data-line^="lookup"]', Asked("GET", "/patrons/{patron}/lookups")),
    ),
}

_CLOSED: Final = "2031-03-03"
#: What each section of administration asks.
SECTIONS: Final[dict[str, tuple[Asked, ...]]] = {
    "machines": (Asked("GET", "/terminals"), Asked("GET", "/proxy")),
    "unequal": (Asked("GET", "/proxy"),),
    "partners": (Asked("GET", "/partners"),),
    "jobs": (Asked("GET", "/jobs"), Asked("POST", "/jobs/sessions", {})),
    "staff": (
        Asked("GET", "/staff"),
        Asked("POST", "/staff", {"user": "x", "name": "X", "branch": "DK-900101"}),
    ),
    "roles": (Asked("GET", "/roles"),),
    "workstations": (Asked("GET", "/workstations"),),
    "programs": (Asked("GET", "/programs"), Asked("DELETE", "/programs/app")),
    "rules": (Asked("POST", "/explanations/loan", {"patron": "{card}", "item": "{item}"}),),
    "closures": (
        Asked("GET", "/closures"),
        *(
            Asked("POST", path, {"branch": "DK-900101", "first": _CLOSED, "last": _CLOSED})
            for path in ("/closures/check", "/closures")
        ),
    ),
    "setup": (
        Asked("GET", "/set-up"),
        *(Asked("POST", path, {"text": ""}) for path in ("/set-up/check", "/set-up")),
    ),
    "lookups": (Asked("GET", "/lookups?actor=anna"),),
}

#: Rights for which there is no key, and why.
NO_KEY: Final = {
    Right.ERASE_PATRONS: "what cannot be undone is done by a command, or by a program",
    Right.REVERSE_FEES: "what a till was told is taken back by the program of that till",
    Right.COLLECT_DEBTS: "the debtor system is served by a job and by commands",
    Right.SEND_NOTICES: "messages are sent again and released by a command, or by a program",
    Right.EXCHANGE_CATALOGUE: "data wells and harvests are seen to by commands, or by a program",
}


def _declared() -> Iterator[tuple[Right, Shown]]:
    """The sections and the lists, as the scripts declare them."""
    sections = (SCRIPTS / "administration.js").read_text(encoding="utf-8")
    for name, right in re.findall(r'^  (\w+): \{ right: "([\w.]+)"', sections, re.MULTILINE):
        what = f'[data-part="sections"] [href="#{name}"]'
        for asked in SECTIONS[name]:
            yield Right(right), Shown("administration", what, asked)
    lists = (SCRIPTS / "list_table.js").read_text(encoding="utf-8")
    row = r'^  (\w+): \{\s*path: "([^"]+)",\s*right: "([\w.]+)"'
    for name, path, right in re.findall(row, lists, re.MULTILINE):
        what = f'[data-part="lists"] [href="#{name}"]'
        yield Right(right), Shown("lists", what, Asked("GET", path))


def _table() -> dict[Right, list[Shown]]:
    table = {right: list(shown) for right, shown in KEYS.items()}
    for right, shown in _declared():
        table.setdefault(right, []).append(shown)
    return table


TABLE: Final = _table()


def test_every_right_has_keys_or_a_reason_why_not() -> None:
    assert set(TABLE) | set(NO_KEY) == set(Right)
    assert not set(TABLE) & set(NO_KEY)


def test_every_right_that_a_script_or_a_page_names_has_a_key_here() -> None:
    named = set()
    for script in SCRIPTS.glob("*.js"):
        text = script.read_text(encoding="utf-8")
        named |= {each for each in Right if f'has("{each.value}")' in text}
        for words in re.findall(r'(?:right|rights|PARTS\w*): (?:\["?)?"([\w. ",]+)"', text):
            named |= {each for each in Right if each.value in re.split(r'[ ",]+', words)}
    named |= {each.right for each in protocols.desk.pages.PAGES if each.right}
    assert Right.BACKDATE in named
    assert Right.USE_LISTS in named
    assert named <= set(TABLE)


# How one comes to each place


def _get(path: str) -> Callable[[Desk, dict[str, str]], None]:
    def come(desk: Desk, ids: dict[str, str]) -> None:
        desk.browser.get("about:blank")  # another fragment alone would load nothing
        desk.browser.get(f"{desk.address}/desk{path}")
        desk.wait("body[data-ready]")

    return come


def _scanned(*codes: str) -> Callable[[Desk, dict[str, str]], None]:
    def come(desk: Desk, ids: dict[str, str]) -> None:
        _get("")(desk, ids)
        desk.scan(*(ids[each] for each in codes))
        desk.outcomes(len(codes))

    return come


def _help(desk: Desk, ids: dict[str, str]) -> None:
    _get("")(desk, ids)
    desk.keys(Keys.F1)
    desk.wait(".help")


def _patron(desk: Desk, ids: dict[str, str]) -> None:
    _scanned("card")(desk, ids)
    desk.chord(Keys.ALT, "p")
    desk.wait('[data-line^="loan"]')


PLACES: Final = {
    "today": _get("/today"),
    "help": _help,
    "lists": _get("/lists#pick"),
    "material": _get("/material"),
    "administration": _get("/administration"),
    "patron": _patron,
    "blocked": _scanned("blocked", "item"),
    "expired": _scanned("expired", "item"),
    "title": _scanned("words"),
}
_IS_THERE: Final = """
  const [what, line] = arguments;
  if (line) {
    const its = document.querySelector(`[data-line^="${line}"]`);
    if (its === null) return false;  // else the keys were those of the line picked before
    its.click();
  }
  if (!/^(Alt|Shift|Ctrl|F\\d)/.test(what)) return document.querySelector(what) !== null;
  const within = line ? ".line.pick kbd" : "kbd";
  return [...document.querySelectorAll(within)].some((each) => each.textContent === what);
"""


def is_there(desk: Desk, shown: Shown) -> bool:
    return bool(desk.browser.execute_script(_IS_THERE, shown.what, shown.line))


def _appears(desk: Desk, shown: Shown) -> None:
    end = monotonic() + 20
    while not is_there(desk, shown):
        assert monotonic() < end, (shown, desk.text("main"), desk.log())
        sleep(0.05)


# The stage


def _patron_of_everything(library: Library) -> str:
    """On loan, waiting behind somebody, owing, written to, with a past and a protected address."""
    card = a_patron(library)
    number = number_of(library, card)

    def work(transaction: Any) -> None:
        act = library.act(transaction)
        give_consent(act, number, Consent.KEEP_HISTORY)
        home = NewAddress(street=STREET, house_number="1", postal_code="2000", city="Frederiksberg")
        add_address(act, number, home)
        change_patron(act, number, {"is_protected": True})
        words = Words(text="The sea has been put on show.", subject="The sea", title="")
        write_to(act, words, patron_id=number, actor=NAME, channels=("email",))

    library.write(work)
    library.check_in(an_item(library, on_loan_to=card))
    an_item(library, on_loan_to=card)
    wanted = an_item(library, on_loan_to=a_patron(library))
    a_hold(library, a_patron(library), wanted)
    a_hold(library, card, wanted)
    charge(library, card, 500)
    return card


def _a_colleague_without(library: Library, right: Right) -> None:
    name = _without(right)
    role = Role(name, name, frozenset(set(Right) - {right}))
    library.write(lambda transaction: store_role(transaction, role))
    library.write(set_up_changed)
    a_colleague(library, name, HeldRole(name), password=PASSWORD)


def _without(right: Right) -> str:
    return f"no-{right.value.replace('.', '-')}"


@pytest.fixture(scope="module")
def ids(stage: Stage, browser: Chrome) -> dict[str, str]:
    """What is scanned, and what the requests are about, by their names."""
    fill_the_lists(stage)
    with stage.library() as library:
        card = _patron_of_everything(library)
        gone = library.today - timedelta(days=1)
        found = {
            "card": card,
            "item": an_item(library),
            "blocked": stage.people["blocked"],
            "expired": a_patron(library, expires=gone),
            "words": "soil",
        }
        for right in TABLE:
            _a_colleague_without(library, right)
    desk = Desk(browser, stage.address)
    browser.get(f"{stage.address}/")
    sign_in(desk, NAME)
    patron = ask(desk, Asked("POST", "/patrons/search", {"text": card, "limit": 2}))[1]
    found["patron"] = patron["patrons"][0]["id"]
    for name in ("charge", "hold"):
        lines = ask(desk, Asked("GET", f"/patrons/{found['patron']}/{name}s"))[1]
        found[name] = lines[f"{name}s"][0]["id"]
    return found


def sign_in(desk: Desk, name: str) -> None:
    """At whatever page is open."""
    desk.browser.delete_all_cookies()
    asked = Asked("POST", "/sessions", {"name": name, "password": PASSWORD})
    assert ask(desk, asked)[0] == 201


_ASK: Final = """
  const [method, path, body, done] = arguments;
  const headers = { "Content-Type": "application/json" };
  if (method === "POST") headers["Idempotency-Key"] = crypto.randomUUID();
  if (method === "PATCH") headers["If-Match"] = '"1"';
  fetch(`/api/v1${path}`, { method, headers, body: body ?? undefined })
    .then(async (answer) => done([answer.status, await answer.text()]));
"""


def ask(desk: Desk, asked: Asked, ids: dict[str, str] | None = None) -> tuple[int, Any]:
    """Status and body of the answer to whoever is signed in."""
    path, body = asked.path, None if asked.body is None else json.dumps(asked.body)
    for name, value in (ids or {}).items():
        path = path.replace(f"{{{name}}}", value)
        body = body and body.replace(f'"{{{name}}}"', f'"{value}"')
    status, text = desk.browser.execute_async_script(_ASK, asked.method, path, body)
    return status, json.loads(text) if text else None


# The tests


@pytest.mark.parametrize("place", PLACES)
def test_who_has_all_rights_finds_every_key(
    place: str, stage: Stage, browser: Chrome, ids: dict[str, str]
) -> None:
    desk = Desk(browser, stage.address)
    sign_in(desk, NAME)
    PLACES[place](desk, ids)
    for shown in (each for its in TABLE.values() for each in its if each.at == place):
        _appears(desk, shown)


@pytest.mark.drawn(4)
@pytest.mark.parametrize("right", TABLE, ids=lambda each: each.value)
def test_who_lacks_a_right_finds_none_of_its_keys_and_is_refused(
    right: Right, stage: Stage, browser: Chrome, ids: dict[str, str]
) -> None:
    desk = Desk(browser, stage.address)
    sign_in(desk, _without(right))
    for place in dict.fromkeys(each.at for each in TABLE[right]):
        PLACES[place](desk, ids)
        for other in set(TABLE) - {right}:  # once all else is there, nothing more comes
            for shown in TABLE[other]:
                if shown.at == place and shown.also is not right:
                    _appears(desk, shown)
        for shown in TABLE[right]:
            assert shown.at != place or not is_there(desk, shown), shown
    for shown in TABLE[right]:
        status, body = ask(desk, shown.asked, ids)
        if right is Right.VIEW_PROTECTED_ADDRESSES:
            assert STREET not in json.dumps(body), shown
            continue
        assert status in {403, 404}, (shown, body)
        assert body["right"] in {right.value, None}, (shown, body)
