"""Who may do what to whom: every service that is carried out, asked by every kind of caller.

The patrons and items are of DK-900100. What each service comes to is held against two things: that
nothing in the database has changed, and that the answer has no byte of a person in it; but for the
callers of whom the table below says that the service is done for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import select, update

from catalogue.database import Database, Statement, Transaction, change, metadata, scalars
from circulation.interlending.partner_requests import hold_of_request
from circulation.kernel.results import UNATTENDED
from circulation.patrons.addresses import NewAddress, add_address
from circulation.patrons.guesses import GUESS_LIMIT
from circulation.patrons.identifiers import add_identifier
from circulation.patrons.pins import PINS
from circulation.patrons.schema import patron_identifiers, patrons
from protocols.ncip.codec import encode
from protocols.ncip.handlers import HANDLERS
from protocols.ncip.handling.authority import _CHECKS, AUTHORITY, Proof
from protocols.ncip.messages import (
    Amount,
    Code,
    FromAgencyId,
    InitiationHeader,
    MandatedAction,
    ToAgencyId,
)
from protocols.ncip.models.accounts import (
    CreateUserFiscalTransaction,
    FiscalTransactionInformation,
)
from protocols.ncip.models.addresses import ElectronicAddress
from protocols.ncip.models.circulation import CheckInItem, CheckOutItem
from protocols.ncip.models.item_sets import LookupItemSet
from protocols.ncip.models.lookups import LookupItem
from protocols.ncip.models.services import SERVICES
from protocols.ncip.models.users import (
    AddUserFields,
    AuthenticateUser,
    UpdateUser,
    UserAddressInformation,
    UserPrivilege,
)
from protocols.ncip.settings import NcipSettings, Partner
from protocols.ncip.wire.dialects import Dialect
from tests.builders.agencies import a_school
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.builders.fees import danish_fees
from tests.builders.pins import hashed
from tests.builders.tables import rows_of
from tests.protocols.ncip.asking import AGENCY, CASES, item, named, typed, user
from tests.protocols.ncip.stage import N, Schemas, Stage, problem_types
from tests.protocols.ncip.stage import typed as typed_xml

NEWEST, OLDEST = Dialect((2, 2), ""), Dialect((1, 0), "")
PIN, SECRET = "8351", "between us"
#: What is known of every patron here besides the identifier that the messages name.
NAME, EMAIL, PHONE, STREET = "Zebedee Quark", "zq@example.org", "+4520304050", "Snirkelgade 7"
MARKS = (NAME, "Quark", EMAIL, PHONE, STREET, "1987-03-21", "OTHER-CARD", f">{PIN}<")
#: The elements that tell of a person, or name one.
TELLING = (
    *("UserOptionalFields", "CurrentBorrower", "CurrentRequester", "UserId"),
    *("LoanedItem", "LoanedItemsCount", "RequestedItem", "RequestedItemsCount"),
    *("UserFiscalAccount", "FiscalTransactionInformation"),
)

ALL = tuple(SERVICES)
PIN_HASH, SECRET_HASH = hashed(PIN), hashed(SECRET)
HELPER = Partner(
    "DK-710100", "DK-900101", "The other library", services=ALL, serves=("*",), lends_to="anybody"
)
FOREIGN = Partner(
    "DK-710200",
    "DK-900101",
    "Foreign",
    services=ALL,
    shared_secret=SECRET_HASH,
    sees_borrowers=True,
)
OWN = replace(FOREIGN, agency="DK-900100", name="Own")
PARTNERS = {
    "foreign": FOREIGN,
    "elsewhere": replace(FOREIGN, serves=("DK-900200",)),
    "own": OWN,
    "agreed": replace(FOREIGN, serves=("dk-900100",)),
    "all": replace(FOREIGN, serves=("*",)),
}


@dataclass(frozen=True)
class Caller:
    """Who asks, and with which PIN of the user, where the service has a place for one."""

    partner: str
    pin: str | None = None
    secret: str = SECRET


CALLERS = {
    "foreign": Caller("foreign"),
    "foreign, right PIN": Caller("foreign", PIN),
    "foreign, wrong PIN": Caller("foreign", "9999"),
    "foreign, empty PIN": Caller("foreign", ""),
    "agreed elsewhere": Caller("elsewhere"),
    "agreed elsewhere, wrong PIN": Caller("elsewhere", "9999"),
    "own": Caller("own"),
    "own, right PIN": Caller("own", PIN),
    "agreed": Caller("agreed"),
    "agreed, right PIN": Caller("agreed", PIN),
    "agreed on all": Caller("all"),
    "wrong secret": Caller("agreed", PIN, "guessed"),
    "anybody": Caller("anybody"),
    "anybody, right PIN": Caller("anybody", PIN),
}

NOBODY: frozenset[str] = frozenset()
AGREED = frozenset({"own", "own, right PIN", "agreed", "agreed, right PIN", "agreed on all"})
PROVEN = AGREED | {"foreign, right PIN", "anybody, right PIN"}
EVERYBODY = frozenset(CALLERS) - {"wrong secret"}

#: By service, the callers for whom it is done.
DONE: dict[str, frozenset[str]] = {
    "LookupAgency": EVERYBODY,
    "LookupItem": EVERYBODY,
    "LookupItemSet": EVERYBODY,
    "CheckInItem": EVERYBODY,
    "LookupUser": PROVEN,
    "AuthenticateUser": PROVEN - {"own", "agreed", "agreed on all"},  # which must hold a PIN
    "CheckOutItem": PROVEN,
    "RenewItem": PROVEN,
    "RequestItem": PROVEN,
    "CancelRequestItem": PROVEN,
    "LookupRequest": PROVEN,
    # The message says whose it is in place of `any_hold`.
    "UpdateRequestItem": frozenset(each for each in PROVEN if "right PIN" in each),
    "ReportCirculationStatusChange": PROVEN,
    "DeleteUser": PROVEN,
    "CreateUserFiscalTransaction": PROVEN,
    "UpdateUser": AGREED,  # of a name; see below for what a PIN is good for
    "SendUserNotice": AGREED,
    "RecallItem": AGREED,
    "CancelRecallItem": AGREED,
    "UpdateCirculationStatus": AGREED,
    "CreateItem": AGREED,
    "UpdateItem": AGREED,
    "DeleteItem": AGREED,
    "CreateUser": AGREED,
    "AcceptItem": AGREED,
    "ItemRequested": AGREED,
    # What is another partner's: its check-out, and its loans.
    "UndoCheckOutItem": NOBODY,
    "ItemShipped": AGREED,  # begins a loan of the caller's own
    "ItemReceived": NOBODY,
    "ItemCheckedOut": NOBODY,
    "ItemCheckedIn": NOBODY,
    "ItemRenewed": NOBODY,
    "ItemRequestCancelled": NOBODY,
    "ItemRecalled": NOBODY,
    "CirculationStatusUpdated": NOBODY,
}
OF_REQUESTS = frozenset({"LookupRequest", "CancelRequestItem", "UpdateRequestItem"})
#: What tells of a user, and changes nothing.
LOOK_UPS = frozenset({"LookupUser", "AuthenticateUser", "LookupRequest"})


@change
def _describe(*, pin_hash: str | None) -> Statement:
    return update(patrons).values(
        name=NAME,
        given_name="Zebedee",
        family_name="Quark",
        email=EMAIL,
        phone=PHONE,
        birth_date=date(1987, 3, 21),
        pin_hash=pin_hash,
    )


@scalars(int)
def _patron_ids() -> Statement:
    return select(patrons.c.id)


_TABLES = [(table.name, rows_of(table, *table.columns)) for table in metadata.sorted_tables]


@pytest.fixture
def stage(database: Database, schemas: Schemas) -> Iterator[Stage]:
    library = a_library(database, recall_days=7, recall_notice_days=3)
    stage = Stage(library, NcipSettings(partners=(HELPER,)), schemas)
    yield stage
    stage.close()


def everything(library: Library) -> dict[str, list[Any]]:
    """All rows of all tables."""
    return library.read(
        lambda transaction: {name: list(all_of(transaction)) for name, all_of in _TABLES}
    )


@scalars(int)
def _known() -> Statement:
    return select(patron_identifiers.c.patron_id).where(
        patron_identifiers.c.identifier.like("OTHER-CARD%")
    )


def describe_patrons(library: Library) -> None:
    """Every patron gets a name, addresses, another card and a PIN."""

    def work(transaction: Transaction) -> None:
        _describe(transaction, pin_hash=PIN_HASH)
        known = set(_known(transaction))
        for number in set(_patron_ids(transaction)) - known:
            add_address(library.act(transaction, UNATTENDED), number, NewAddress(lines=STREET))
            add_identifier(
                library.act(transaction, UNATTENDED), number, f"OTHER-CARD-{number}", kind="card"
            )

    library.write(work)


def header(agency: str, secret: str) -> InitiationHeader:
    return InitiationHeader(
        from_agency_id=FromAgencyId(Code(agency)),
        from_agency_authentication=secret,
        to_agency_id=ToAgencyId(AGENCY),
    )


def prepare(stage: Stage, service: str) -> tuple[Any, str | None]:
    """The request for the service, after all that must precede it; and the user it is about."""
    stage.use(NcipSettings(partners=(HELPER,)))
    *earlier, request = CASES[service](stage.library)
    describe_patrons(stage.library)
    card = None
    for each in (*earlier, request):
        if getattr(each, "user_id", None) is not None:
            card = card or each.user_id.user_identifier_value
    for each in earlier:
        done = etree.fromstring(stage.answer(encode(each, NEWEST)))
        assert not problem_types(done), each
    if service in OF_REQUESTS:  # by our number: the helper's own means nothing to others
        name = request.request_id.request_identifier_value
        number = stage.library.read(lambda each: hold_of_request(each, HELPER.agency, name))
        request = replace(request, request_id=named(str(number)))
    return request, card


def ask(stage: Stage, request: Any, card: str | None, caller: Caller) -> etree._Element:
    """The answer that the caller gets."""
    if caller.partner == "anybody":
        stage.use(NcipSettings(any_partner=True, branch="DK-900101"))
        asked = replace(request, initiation_header=header("DK-900100", ""))
    else:
        partner = PARTNERS[caller.partner]
        stage.use(NcipSettings(partners=(partner,)))
        asked = replace(request, initiation_header=header(partner.agency, caller.secret))
    given = getattr(request, "authentication_input", None)
    if given is not None:
        who = card or next((each.authentication_input_data for each in given), None)
        asked = replace(asked, authentication_input=())
        if caller.pin is not None and who is not None:
            asked = replace(asked, authentication_input=typed(who, caller.pin))
        elif given:  # AuthenticateUser names its user so
            asked = replace(asked, authentication_input=given[:1])
    dialect = OLDEST if isinstance(request, AuthenticateUser) else NEWEST
    return etree.fromstring(stage.answer(encode(asked, dialect)))


def test_every_service_is_in_both_tables() -> None:
    assert set(AUTHORITY) == set(HANDLERS)
    assert set(DONE) == set(SERVICES)
    assert set(_CHECKS) == set(Proof)


@pytest.mark.parametrize("service", DONE)
def test_who_may_not(stage: Stage, service: str) -> None:
    """Nothing changes, and the answer tells of nobody."""
    request, card = prepare(stage, service)
    before = everything(stage.library)
    for name, caller in CALLERS.items():
        if name in DONE[service]:
            continue
        answer = ask(stage, request, card, caller)
        assert problem_types(answer), name
        assert everything(stage.library) == before, name
        assert tells_of(answer, card) == [], name


@pytest.mark.parametrize("service", [each for each in DONE if DONE[each]])
def test_who_may(stage: Stage, service: str) -> None:
    """It is done. Who has proven nothing about a user is told nothing of one by that, and the log
    of look-ups has what was told."""
    for name in sorted(DONE[service]):
        request, card = prepare(stage, service)
        before = everything(stage.library)
        answer = ask(stage, request, card, CALLERS[name])
        after = everything(stage.library)
        assert not problem_types(answer), name
        changes = service not in ("LookupAgency", "LookupItem", "LookupItemSet", *LOOK_UPS)
        noted = len(after.pop("lookups")) - len(before.pop("lookups"))
        told = tells_of(answer, card)
        # An act is an event itself; a look-up is noted where an answer tells of somebody.
        assert bool(noted) == bool(told) or (changes and not noted), name
        assert (after != before) == changes, name
        assert name in PROVEN or told == [], name


def tells_of(answer: etree._Element, card: str | None) -> list[str]:
    """What an answer says of a person; an identifier that was sent may stand in a Problem."""
    for quoted in [*answer.iter(f"{N}ProblemValue"), *answer.iter("Value")]:
        if quoted.text == card:
            quoted.text = None
    written = etree.tostring(answer, encoding="unicode")
    names = {str(each.tag).rpartition("}")[2] for each in answer.iter()}
    marks = (*MARKS, card) if card else MARKS
    return [*(mark for mark in marks if mark in written), *sorted(names & set(TELLING))]


# What goes beyond one service


def look_up(stage: Stage, caller: Partner, *parts: str) -> etree._Element:
    stage.use(NcipSettings(partners=(caller,)))
    return stage.ask(
        "<LookupUser>"
        f"<InitiationHeader><FromAgencyId><AgencyId>{caller.agency}</AgencyId></FromAgencyId>"
        f"<FromAgencyAuthentication>{SECRET}</FromAgencyAuthentication>"
        f"<ToAgencyId><AgencyId>DK-900100</AgencyId></ToAgencyId></InitiationHeader>{''.join(parts)}"
        "<UserElementType>Name Information</UserElementType></LookupUser>"
    )


def given(name: str) -> str:
    return f"<UserId><UserIdentifierValue>{name}</UserIdentifierValue></UserId>"


@pytest.mark.parametrize("serves", [(), ("DK-900200",)])
@pytest.mark.parametrize("pin", [None, "9999", ""])
def test_an_identifier_of_nobody_is_answered_as_one_of_somebody(
    stage: Stage, serves: tuple[str, ...], pin: str | None
) -> None:
    """Else whoever has no agreement could find out who is a patron."""
    caller = replace(FOREIGN, serves=serves)
    card = a_patron(stage.library, pin_hash=PIN_HASH)
    if pin is None:
        answers = [look_up(stage, caller, given(each)) for each in (card, "NOBODY")]
    else:
        kinds = ("Barcode Id", "PIN")
        answers = [
            look_up(stage, caller, *map(typed_xml, kinds, (each, pin))) for each in (card, "NOBODY")
        ]
    there, nowhere = (
        etree.tostring(each, encoding="unicode").replace(who, "")
        for each, who in zip(answers, (card, "NOBODY"), strict=True)
    )
    assert problem_types(answers[0])
    assert there == nowhere


def test_who_is_nobody_is_not_seen_by_the_work_nor_by_the_end_of_guessing(stage: Stage) -> None:
    """Each PIN is hashed once, whoever it is for, and guesses end at the same number."""
    library = stage.library
    with_pin, without = a_patron(library, pin_hash=PIN_HASH), a_patron(library)
    seen = []
    for who in (with_pin, without, "NOBODY"):
        said = []
        for number in range(GUESS_LIMIT + 1):
            before = len(PINS.of(library.circulation))
            pin = typed_xml("PIN", f"{who}{number}")
            answer = look_up(stage, FOREIGN, typed_xml("Barcode Id", who), pin)
            text = etree.tostring(answer, encoding="unicode")
            said.append((text, len(PINS.of(library.circulation)) - before))
        seen.append(said)
    assert [hashed for _, hashed in seen[0][1:]] == [1] * (GUESS_LIMIT - 1) + [0]
    assert seen[0][1:] == seen[1][1:] == seen[2][1:]
    assert seen[0][-1] != seen[0][-2]


def test_institutions_are_the_partners_own_and_people_are_not(stage: Stage) -> None:
    """A pattern that a patron's card fits by chance is no agreement on the patron."""
    library = stage.library
    person = a_patron(library, "INST-0815")
    caller = replace(FOREIGN, institutions=("INST-*",))
    answer = look_up(stage, caller, given("INST-710200"))
    assert problem_types(answer) == []
    assert problem_types(look_up(stage, caller, given(person))) == [
        "Unauthorized Combination Of Element Values For Agency"
    ]


def test_a_partner_that_proves_nothing_has_no_agency_of_its_own(stage: Stage) -> None:
    card = a_patron(stage.library)
    for caller, is_told in ((OWN, True), (replace(OWN, shared_secret=None), False)):
        assert (problem_types(look_up(stage, caller, given(card))) == []) == is_told


def test_borrowers_are_named_to_who_sees_them_and_may_serve_them(stage: Stage) -> None:
    """In look-ups of items, and where they come back."""
    library = stage.library
    for caller in (FOREIGN, replace(OWN, sees_borrowers=False), OWN):
        card = a_patron(library)
        barcode = an_item(library, on_loan_to=card)
        told = caller is OWN
        stage.use(NcipSettings(partners=(caller,)))
        for request in (
            LookupItem(None, item(barcode), current_borrower_desired=True),
            LookupItemSet(None, item_id=(item(barcode),), current_borrower_desired=True),
            CheckInItem(None, item_id=item(barcode), user_element_type=(Code("Name Information"),)),
        ):
            asked = replace(request, initiation_header=header(caller.agency, SECRET))
            answer = etree.fromstring(stage.answer(encode(asked, NEWEST)))
            assert problem_types(answer) == []
            assert (card in etree.tostring(answer, encoding="unicode")) == told


def test_when_a_return_happened_is_for_who_may_change_the_loan_to_say(stage: Stage) -> None:
    """Else a partner could take what is owed from anybody by dating the return back."""
    library = stage.library
    for caller in (FOREIGN, OWN):
        barcode = an_item(library, on_loan_to=a_patron(library))
        library.pass_time(days=60)
        stage.use(NcipSettings(partners=(caller,)))
        early = MandatedAction(library.now - timedelta(days=20))
        asked = CheckInItem(header(caller.agency, SECRET), early, item_id=item(barcode))
        assert problem_types(etree.fromstring(stage.answer(encode(asked, NEWEST)))) == []
        returned = library.events_of(barcode)[-1]
        assert (returned.at < library.now) == (caller is OWN)


def test_what_a_mandated_loan_goes_beyond_must_be_agreed_too(stage: Stage) -> None:
    """Else a partner of one agency could end loans at another, and lend what that one does not."""
    library = stage.library
    school = a_school(library)
    pupil = a_patron(library, home_branch=school.id)
    stage.use(NcipSettings(partners=(replace(FOREIGN, serves=("DK-900100",)),)))
    for barcode, is_done in (
        (an_item(library, home=school), False),
        (an_item(library, on_loan_to=pupil), False),
        (an_item(library, on_loan_to=a_patron(library)), True),
    ):
        card, happened = a_patron(library), MandatedAction(library.now)
        before, head = everything(library), header(FOREIGN.agency, SECRET)
        asked = CheckOutItem(head, happened, user_id=user(card), item_id=item(barcode))
        answer = etree.fromstring(stage.answer(encode(asked, NEWEST)))
        assert (problem_types(answer) == []) == is_done
        assert (everything(library) != before) == is_done


def test_what_the_library_decides_no_pin_changes(stage: Stage) -> None:
    """A user's address is their own to change; their category and what they owe are not."""
    library = stage.library
    danish_fees(library)
    card = a_patron(library, pin_hash=PIN_HASH)

    def asked(request: Any, caller: Partner = FOREIGN) -> list[str]:
        stage.use(NcipSettings(partners=(caller,)))
        full = replace(
            request,
            initiation_header=header(caller.agency, SECRET),
            authentication_input=typed(card, PIN),
        )
        return list(problem_types(etree.fromstring(stage.answer(encode(full, NEWEST)))))

    mail = ElectronicAddress(Code("mailto"), "new@example.org")
    address = UserAddressInformation(Code("Home"), electronic_address=mail)
    assert (
        asked(UpdateUser(add_user_fields=AddUserFields(user_address_information=(address,)))) == []
    )
    privilege = UserPrivilege(AGENCY, Code("adult"))
    assert asked(UpdateUser(add_user_fields=AddUserFields(user_privilege=(privilege,)))) != []

    def transaction_of(action: str) -> CreateUserFiscalTransaction:
        return CreateUserFiscalTransaction(
            fiscal_transaction_information=FiscalTransactionInformation(
                fiscal_action_type=Code(action),
                fiscal_transaction_type=Code("Service Charge"),
                amount=Amount(Code("DKK"), 2_500),
            )
        )

    assert asked(transaction_of("Assess")) == []
    for action in ("Waive", "Forgive", "Write Off", "Cancel", "Whatever"):
        assert asked(transaction_of(action)) == [
            "Unauthorized Combination Of Element Values For Agency"
        ], action
