"""All that staff and patrons can see: a row for each page, list, section and view, and how one gets
there. What is not in the table is found by `test_accessibility`, which walks it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final, NamedTuple
from urllib.parse import urlencode

from selenium.webdriver.common.keys import Keys

from catalogue.database import Transaction
from circulation.accession.announcing import AnnouncedDelivery, AnnouncedLine, announce
from circulation.accession.receiving import receive
from circulation.callers.machine_refusals import note_machine_refusal
from circulation.interlending.asking import Wish
from circulation.interlending.asking import ask as ask_libraries
from circulation.interlending.offers import Offer, offered
from circulation.interlending.rows import InterlibraryLoan
from circulation.kernel.act import Act
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refusal, Refused
from circulation.kernel.rights import Right
from circulation.loans.conflicts import settle_conflict
from circulation.loans.lost import claim_returned, declare_lost
from circulation.loans.off_line import OffLineReport, Reported, Source, take_report
from circulation.loans.work_lists import no_block_conflicts
from circulation.patrons.identifiers import find_patron
from circulation.staff.programs import NewProgram, add_program
from protocols.desk import pages
from protocols.desk.pages import Page
from tests.builders.accounts import COMMAND, at_no_desk
from tests.builders.bookings import a_booking, a_set
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import ask, title
from tests.builders.interlending import a_partner
from tests.builders.pins import hashed
from tests.circulation.booking.test_placements import a_placement, put, run
from tests.protocols.desk.browser import Desk
from tests.protocols.desk.stage import NAME, PASSWORD, Stage
from tests.protocols.desk.test_words import LISTS, SECTIONS, WORKS

PIN = "4711"


class Place(NamedTuple):
    """What is seen of a page: `part` is the list, section, work or view. `show` goes on from where
    the place before it has ended; nobody is signed in at first."""

    page: Page
    part: str
    show: Callable[[Desk, Stage], None]


def fill_the_lists(stage: Stage) -> None:
    """A line or more in each list; a patron of everything with a `PIN`; an app that asks."""
    with stage.library() as library:
        reader = a_patron(library, pin_hash=hashed(PIN), given_name="Mette")
        stage.people["reader"] = reader
        library.now, today = library.now - timedelta(days=60), library.now
        an_item(library, on_loan_to=reader, title="Forsvundet", author="Høeg, Peter")
        lent = [an_item(library, on_loan_to=reader, title=each) for each in ("Tabt", "Lagt")]
        late = an_item(library, title="Ikke hentet")
        ask(library, a_patron(library), title(library, late))
        library.check_in(late)
        library.now = today
        _fetch_and_keep(library, reader)
        missing = an_item(library, title="Savnet")
        works = (declare_lost, claim_returned, declare_lost)
        for work, item in zip(works, [*lent, missing], strict=True):
            library.write(lambda t, work=work, item=item: work(library.act(t), item=item))
        anyway = an_item(library, title="Alligevel")
        library.check_out(stage.people["blocked"], anyway, no_block=True, happened=today)
        _off_line(library, anyway)
        _from_machines(library, reader)
        a_booking(library, reader, a_set(library, 4)[0], 2, 20, preferred=2)
        deposit = a_placement(library, (0, library.other, "Børn"), name="Årets billedbøger")
        run(library)  # it stands at its first station now
        put(library, deposit, an_item(library, title="Rasmus Klump"))
        library.write(lambda transaction: _from_suppliers(library.act(transaction)))
        _from_libraries(library, reader)
        back = ("http://127.0.0.1/back",)
        new = NewProgram("app", library.main.id, [Right.LEND], acts_for="staff", redirect_uris=back)
        made = at_no_desk(library, lambda act: add_program(act, COMMAND, new))
        stage.people["app"] = made.client_id


def _fetch_and_keep(library: Library, card: str) -> None:
    for number, name in enumerate(("Gift", "Alt om dinosaurer", "Børnenes kogebog")):
        its = {"title": name, "author": "Ditlevsen, Tove", "location": "Voksen"}
        wanted = title(library, an_item(library, call_number=f"5{number}.4", **its))
        ask(library, card, wanted)
    for item in (an_item(library, title="Kys"), an_item(library, home=library.other, title="Havn")):
        ask(library, a_patron(library), title(library, item))
        library.check_in(item)
    library.check_in(an_item(library, home=library.other, title="Havnen"))
    library.check_in(an_item(library, title="Hjemad"), at=library.other)
    gone = an_item(library, title="Uden håb", on_loan_to=a_patron(library))
    ask(library, card, title(library, gone))
    library.write(lambda transaction: declare_lost(library.act(transaction), item=gone))


def _off_line(library: Library, item: str) -> None:
    """Off-line acts that are open, done and settled."""
    refused = Refused((Refusal(Reason.PATRON_UNKNOWN),))
    then = library.now - timedelta(hours=3)
    for number, source in enumerate(Source):
        acts = (Reported.CHECK_OUT, Reported.RENEWAL, Reported.PAYMENT, Reported.REGISTRATION)
        card, amount = f"P{number}", "12.50" if acts[number % 4] is Reported.PAYMENT else None
        report = OffLineReport(
            acts[number % 4], item, card, refused, then, source=source, amount=amount
        )
        library.write(lambda t, report=report: take_report(library.act(t), report))
    found = library.read(no_block_conflicts).lines
    library.write(
        lambda t: settle_conflict(library.act(t), found[-1].id, "Kortet var tastet forkert")
    )
    a_patron(library, "P0")


def _from_machines(library: Library, card: str) -> None:
    found = library.read(lambda transaction: find_patron(transaction, card))
    assert found is not None
    why, item = [Reason.ON_LOAN_TO_ANOTHER], an_item(library, title="Gift")
    library.write(lambda t: note_machine_refusal(library.act(t), found, item, why))


def _from_libraries(library: Library, card: str) -> None:
    """A wish that one library has offered on terms, and another may be asked for."""
    for agency in ("DK-746100", "DK-751000"):
        a_partner(library, agency, days=len(agency))

    def work(transaction: Transaction) -> None:
        act = library.act(transaction)
        loan = ask_libraries(act, patron=card, wish=Wish(title="Moser og mosefolk"))
        assert isinstance(loan, InterlibraryLoan)
        offered(act, loan, Offer(("LibraryUseOnly",), 5_000, "DKK"))

    library.write(work)


def _from_suppliers(act: Act) -> None:
    line = AnnouncedLine("9788702113495", 3, title="Silas", author="Bødker, Cecil")
    expected = act.now.date() + timedelta(days=3)
    told = AnnouncedDelivery("Bogs", "117", "DK-900101", (line,), expected=expected)
    announce(act, delivery=told, fetched={})
    receive(act, scanned="9788700000018")


def _open(page: Page, fragment: str = "") -> Callable[[Desk, Stage], None]:
    """Opens a page at its address, and waits until it is there."""

    def show(desk: Desk, stage: Stage) -> None:
        # The same address with another fragment would leave the page as it is.
        desk.browser.get("about:blank")
        path = f"/desk/{page.path}".rstrip("/") + (f"#{fragment}" if fragment else "")
        desk.browser.get(stage.address + path)
        desk.wait("body[data-ready]")

    return show


def _list(name: str) -> Callable[[Desk, Stage], None]:
    def show(desk: Desk, stage: Stage) -> None:
        desk.browser.execute_script("location.hash = arguments[0]", name)
        desk.wait(f'[data-list="{name}"] li')  # an empty list would show little

    return show


def _section(name: str) -> Callable[[Desk, Stage], None]:
    def show(desk: Desk, stage: Stage) -> None:
        desk.browser.execute_script("location.hash = arguments[0]", name)
        desk.wait(f'[data-part="sections"] a[href="#{name}"][aria-current]')
        desk.wait('[data-part="section"] > *')
        desk.browser.execute_script(
            "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
        )

    return show


def _work(name: str) -> Callable[[Desk, Stage], None]:
    def show(desk: Desk, stage: Stage) -> None:
        desk.browser.execute_script("location.hash = arguments[0]", name)
        desk.wait(f'[data-part="works"] a[href="#{name}"][aria-current]')
        desk.scan("9788700000018" if name in {"new", "receive"} else stage.lent[0])
        desk.wait("li.row, .said.stop")

    return show


def _signed_in(desk: Desk, stage: Stage) -> None:
    desk.log_in(NAME, PASSWORD)


def _rows(desk: Desk, stage: Stage) -> None:
    """A patron, a loan, a return, a refusal, something that is found, and the keys beside them."""
    desk.scan(stage.cards[0], *stage.take(), stage.lent[0], "999000111", "soil")
    desk.outcomes(5)
    desk.keys(Keys.F1)
    desk.wait(".help")
    desk.wait(".copies")


def _hits(desk: Desk, stage: Stage) -> None:
    desk.scan("karla")
    desk.wait(".found li", 2)
    desk.keys(Keys.ARROW_DOWN)


def _mode(*keys: str) -> Callable[[Desk, Stage], None]:
    def show(desk: Desk, stage: Stage) -> None:
        desk.chord(*keys)
        desk.wait('[data-part="mode"]:not([hidden])')

    return show


def _everything_of(who: str) -> Callable[[Desk, Stage], None]:
    def show(desk: Desk, stage: Stage) -> None:
        desk.keys(Keys.F2)
        desk.scan(stage.people[who] if who in stage.people else stage.cards[-1])
        desk.wait('[data-part="patron"] .stack button')
        desk.chord(Keys.ALT, "p")
        desk.wait('[data-line^="lookup"]')
        desk.keys(Keys.ARROW_RIGHT)

    return show


def _new_card(desk: Desk, stage: Stage) -> None:
    desk.chord(Keys.ALT, "c")
    desk.wait('[data-part="mode"]:not([hidden])')


def _form(desk: Desk, stage: Stage) -> None:
    desk.keys(Keys.ESCAPE)
    desk.keys(Keys.F2)
    _open(pages.DESK)(desk, stage)
    desk.chord(Keys.ALT, "i")
    desk.wait("#field-card")
    desk.scan("X1", "Karla", "Toft")
    desk.wait(".form .note li", 2)


def _typing(desk: Desk, stage: Stage) -> None:
    desk.keys(Keys.ESCAPE)
    desk.scan(stage.cards[0])
    desk.outcomes(1)
    desk.keys("soil")
    desk.wait('[data-part="live"] .facets button', 2)
    desk.keys(Keys.ARROW_DOWN)


def _calendar(desk: Desk, stage: Stage) -> None:
    desk.chord(Keys.ALT, "m")
    desk.wait(".calendar td", 35)


def _slips(desk: Desk, stage: Stage) -> None:
    desk.keys(Keys.ESCAPE)
    desk.chord(Keys.SHIFT, Keys.F9)
    desk.wait('[data-line^="slip "]', 7)
    desk.keys(Keys.ARROW_DOWN)


def _receipt(desk: Desk, stage: Stage) -> None:
    desk.keys(Keys.ESCAPE)
    desk.chord(Keys.ALT, "s")
    desk.wait(".paper")


def _locked(desk: Desk, stage: Stage) -> None:
    _open(pages.DESK)(desk, stage)
    desk.chord(Keys.ALT, "q")
    desk.wait('[data-part="cover"] form')


def _consent(desk: Desk, stage: Stage) -> None:
    asked = {
        "client_id": stage.people["app"],
        "redirect_uri": "http://127.0.0.1:1/back",
        "response_type": "code",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }
    desk.browser.get(f"{stage.address}/desk/authorize?{urlencode(asked)}")
    desk.wait('[data-part="consent"]:not([hidden])')


def _today(desk: Desk, stage: Stage) -> None:
    _open(pages.TODAY)(desk, stage)
    desk.wait('[data-part="queues"] svg')


def _account(desk: Desk, stage: Stage) -> None:
    _open(pages.ACCOUNT)(desk, stage)
    desk.wait('[data-part="sessions"] li')


def _log_in(desk: Desk, stage: Stage) -> None:
    desk.browser.get(f"{stage.address}/desk/log-in")
    desk.wait('[data-part="where"] a')


def _search(desk: Desk, stage: Stage) -> None:
    desk.browser.get(f"{stage.address}/")
    desk.wait("body[data-ready]")
    desk.browser.find_element("id", "words").send_keys("soil" + Keys.ENTER)
    desk.click(".to-title")
    desk.wait('[data-part="title"] h2')


def _card_and_pin(desk: Desk, stage: Stage) -> None:
    desk.click('[data-do="log-in"]')
    desk.wait('[data-part="log-in"]:not([hidden])')


def _own_page(desk: Desk, stage: Stage) -> None:
    desk.browser.find_element("name", "card").send_keys(stage.people["reader"])
    desk.browser.find_element("name", "pin").send_keys(PIN + Keys.ENTER)
    desk.wait('[data-do="log-out"]:not([hidden])')
    desk.click('[data-view="account"]')
    desk.wait("#settings-heading")
    desk.browser.execute_script(
        "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
    )


def _places() -> Iterator[Place]:
    yield Place(pages.LOG_IN, "", _log_in)
    yield Place(pages.DESK, "ready", _signed_in)
    yield Place(pages.DESK, "rows", _rows)
    yield Place(pages.DESK, "hits", _hits)
    yield Place(pages.DESK, "look", _mode(Keys.F3))
    yield Place(pages.DESK, "return", _mode(Keys.F4))
    yield Place(pages.DESK, "drop", _mode(Keys.SHIFT, Keys.F4))
    yield Place(pages.DESK, "renew", _mode(Keys.F6))
    for who in ("debtor", "blocked", "lender"):
        yield Place(pages.DESK, who, _everything_of(who))
    yield Place(pages.DESK, "new card", _new_card)
    yield Place(pages.DESK, "form", _form)
    yield Place(pages.DESK, "typing", _typing)
    yield Place(pages.DESK, "calendar", _calendar)
    yield Place(pages.DESK, "slips", _slips)
    yield Place(pages.DESK, "receipt", _receipt)
    yield Place(pages.LISTS, "pick", _open(pages.LISTS))
    for name in sorted(LISTS):
        yield Place(pages.LISTS, name, _list(name))
    yield Place(pages.MATERIAL, "new", _open(pages.MATERIAL))
    for name in sorted(WORKS):
        yield Place(pages.MATERIAL, name, _work(name))
    yield Place(pages.TODAY, "", _today)
    yield Place(pages.ADMINISTRATION, "machines", _open(pages.ADMINISTRATION))
    for name in sorted(SECTIONS):
        yield Place(pages.ADMINISTRATION, name, _section(name))
    yield Place(pages.ACCOUNT, "", _account)
    yield Place(pages.AUTHORIZE, "", _consent)
    yield Place(pages.DESK, "locked", _locked)
    yield Place(pages.PUBLIC, "search", _search)
    yield Place(pages.PUBLIC, "log-in", _card_and_pin)
    yield Place(pages.PUBLIC, "account", _own_page)


PLACES: Final = tuple(_places())
