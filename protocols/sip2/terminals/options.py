"""What an account may say of its terminals, by topic; `protocols.sip2.settings.Account` has all
options.

Every option has a default, so an account names only what is different about its machines; vendors'
machines are described once in `protocols.sip2.terminals.profiles`. Values are words, numbers and
lists of them, so that a set-up (`tiro apply`) can hold them, too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from circulation.languages.installed import default_language, named
from circulation.languages.sentences import Sentence, listed
from protocols.hosting.networks import Network
from protocols.hosting.validating import written
from protocols.sip2.messages import LAYOUTS, REQUESTS
from protocols.sip2.terminals.templates import (
    FEE_PLACES,
    HOLD_PLACES,
    ITEM_PLACES,
    PATRON_PLACES,
    Template,
)
from protocols.sip2.wire.text import Charset

AccountKind = Literal["self-service", "sorter", "desk"]
LoginWay = Literal["message", "prompt", "https", "address", "certificate"]
#: The fields of 10 that can be sent even if empty.
AlwaysSent = Literal["AA", "AJ", "CH", "CK", "CL", "CM", "CR", "CS", "CT", "CV", "CY", "DA"]

_FIELD_ID = re.compile(r"[A-Z0-9]{2}")
#: Fields that tell a machine which request an answer belongs to; no answer goes without them.
NEEDED = frozenset({"AO", "AA", "AB", "BX"})
_ISIL = re.compile(r"[A-Za-z0-9]{1,4}-[A-Za-z0-9:/-]{1,11}", re.ASCII)
_DIRECTIVES = re.compile(r"%[dmYyHMSj%]")


def _hideable(code: str) -> str:
    if not _FIELD_ID.fullmatch(code):
        raise ValueError(Sentence("NO_FIELD_ID", value=repr(code)))
    if code in NEEDED:
        raise ValueError(Sentence("FIELD_NEEDED", code=code))
    return code


def _filled(places: tuple[str, ...]) -> AfterValidator:
    def check(text: str) -> str:
        Template(text, places)
        return text

    return AfterValidator(check)


def _extra(places: tuple[str, ...], *messages: str) -> AfterValidator:
    taken = {each.code for code in messages for each in LAYOUTS[code].variable}

    def check(text: str) -> str:
        code, separator, template = text.partition("=")
        if not _FIELD_ID.fullmatch(code) or not separator:
            raise ValueError(Sentence("NO_FIELD", value=repr(text), place=places[0]))
        if code in taken:
            raise ValueError(Sentence("FIELD_TAKEN", code=code, messages=listed(messages)))
        Template(template, places)
        return text

    return AfterValidator(check)


def _request_code(code: str) -> str:
    layout = LAYOUTS.get(code)
    if layout is None or layout.message not in REQUESTS or code in ("93", "99"):
        raise ValueError(Sentence("NO_MESSAGE_CODE", value=repr(code)))
    return code


def rewriting(text: str) -> tuple[re.Pattern[str], str]:
    """``FIND => REPLACE`` of `screen_message_rewrites`. Raises ValueError."""
    find, separator, replace = text.partition(" => ")
    if not separator or not find:
        raise ValueError(Sentence("NO_REWRITE", value=repr(text)))
    try:
        pattern = re.compile(find)
        pattern.sub(replace, "")
        # A reference to a missing group shows up only when something matches.
        re.compile(find + "|").sub(replace, "")
    except (re.error, IndexError) as error:
        raise ValueError(Sentence("NO_EXPRESSION", value=repr(find), error=str(error))) from None
    return pattern, replace


def _rewrite(text: str) -> str:
    rewriting(text)
    return text


def _due_date(text: str) -> str:
    if text in ("date-and-time", "day"):
        return text
    if "%" not in text or "%" in _DIRECTIVES.sub("", text):
        raise ValueError(Sentence("DUE_DATE_FORM"))
    return text


def _isil(text: str) -> str:
    if not _ISIL.fullmatch(text):
        raise ValueError(Sentence("NO_ISIL_OF_AGENCY", value=repr(text)))
    return text


def _pin_of(value: object) -> object:
    """true and false are from before other agencies' patrons were distinguished."""
    return {True: "all", False: "others"}.get(value, value) if isinstance(value, bool) else value


def _displayable(text: str) -> str:
    if not text.isprintable():
        raise ValueError(Sentence("NOT_PRINTABLE"))
    return text


FieldIds = tuple[Annotated[str, AfterValidator(_hideable)], ...]
PatronField = Annotated[str, _extra(PATRON_PLACES, "24", "64")]
ItemField = Annotated[str, _extra(ITEM_PLACES, "10", "18")]


@dataclass(frozen=True, kw_only=True)
class Wire:
    """How frames are written."""

    charset: Charset = "utf-8"
    terminator: Literal["CR", "CRLF"] = "CR"
    #: What replaces control characters and the delimiter in answers: a blank, another character, or
    #: nothing.
    nonprinting_character: Annotated[str, Field(max_length=1), AfterValidator(_displayable)] = " "
    #: The language of messages to patrons, if the terminal has not named one (23, 63) that we
    #: speak.
    language: Annotated[str, AfterValidator(named)] = field(default_factory=default_language)
    #: How AH is written: ``20261224    235900``, ``2026-12-24``, or a form such as ``%d.%m.%Y``.
    due_date: Annotated[str, AfterValidator(_due_date)] = "date-and-time"


@dataclass(frozen=True, kw_only=True)
class Logins:
    """How a terminal proves that it has this account, and what it may then ask."""

    #: Addresses that the account is used from; empty: any.
    networks: tuple[Network, ...] = ()
    #: 93; the prompts of the telnet port; in the XML of SIP2 over HTTPS; by its address alone
    #: (`networks` must be given); by the certificate that it shows.
    login_by: tuple[LoginWay, ...] = ("message", "prompt", "https", "certificate")
    #: Common name or DNS name of the terminal's own certificate; then it needs no other login, and
    #: no other terminal gets in with this account.
    certificate: Annotated[str, Field(min_length=1)] | None = None
    #: Only over TLS.
    require_tls: bool = False
    #: Answer an SC Status (99) that comes before the login.
    status_before_login: bool = True
    #: Faster messages wait; those of one second and ten more may come at once.
    messages_per_second: Annotated[float, Field(ge=0.1)] | None = None
    #: Messages (``11``, ``29``) that are answered negatively and are not in BX.
    closed_messages: tuple[Annotated[str, AfterValidator(_request_code)], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Screen:
    """What the screen and the receipt show, and which fields are sent at all."""

    #: ``FIND => REPLACE``: regular expressions over each line of AF (and AG), in this order.
    screen_message_rewrites: tuple[Annotated[str, AfterValidator(_rewrite)], ...] = ()
    #: AG: nothing; what AF says; or a receipt of loans, returns and payments.
    print_lines: Literal["none", "messages", "receipt"] = "none"
    #: Name the patron's home branch in AF (24, 64).
    show_home_library: bool = False
    #: Say in AF of a successful check-in (10) what was returned and that it was taken.
    show_checkin_message: bool = False
    #: Say in AF after a loan (12) or a return (10) what the patron owes.
    show_amount_owed: bool = False
    #: Fields that are not sent; mandatory ones are sent empty.
    hide_fields: FieldIds = ()
    #: If not empty, the only fields that are sent; `hide_fields` takes precedence.
    only_fields: FieldIds = ()
    #: How fields tell of patrons, items and refusals: as the ``standard`` has it, or packed as by
    #: the Danish common library system (``fbs``): `protocols.sip2.handling.forms`.
    answers: Literal["standard", "fbs"] = "standard"


@dataclass(frozen=True, kw_only=True)
class Patrons:
    """What is asked and told of patrons (24, 26, 64)."""

    #: Whose patrons it serves: of its ``own`` agency, of these agencies and its own, or of ``all``.
    #: Others are told nothing and lent nothing; what they return is taken.
    serves_patrons_of: Literal["own", "all"] | tuple[Annotated[str, AfterValidator(_isil)], ...] = (
        "all"
    )
    #: Whose patrons must give their PIN (AD) before anything is told of them or done for them:
    #: ``nobody``'s, those of ``others`` than its own agency, or ``all``. A PIN that is sent is
    #: always checked. Block Patron (01) has no field for a PIN and needs none. (``true`` stands for
    #: all and ``false`` for others.)
    require_patron_pin: Annotated[Literal["nobody", "others", "all"], BeforeValidator(_pin_of)] = (
        "others"
    )
    #: AA as it was sent, instead of the card that the patron goes by; never a national number.
    echo_patron_identifier: bool = False
    #: CQ is Y for a blank AD if no PIN is required, for machines that ask for none but wait for the
    #: Y. It opens nothing.
    blank_pin_is_right: bool = False
    #: Send e-mail, telephone, birth date and category in 64.
    show_personal_details: bool = False
    #: Send the postal address (BD) in 64.
    show_address: bool = False
    #: AE.
    name_template: Annotated[str, _filled(PATRON_PLACES)] = "{name}"
    #: Fields of the library's own: ``PA={expires}``.
    extra_patron_fields: tuple[PatronField, ...] = ()
    #: AV.
    fee_template: Annotated[str, _filled(FEE_PLACES)] | None = None
    #: AT, AU and BU; AS and CD: all lines of a list alike.
    list_loans_by: Literal["barcode", "title"] = "barcode"
    list_holds_by: Literal["barcode", "title"] = "barcode"
    #: CC: the debt at which a patron is blocked.
    show_fee_limit: bool = False
    #: Which denied privileges the patron status shows. Some machines send a patron away for any of
    #: them: tell these only what stops a loan, or nothing.
    denied_in_status: Literal["all", "loans", "none"] = "all"


@dataclass(frozen=True, kw_only=True)
class Loans:
    """Checkout and renewal (11, 29, 65), and paying (37)."""

    #: Loans that happened while the line was down (no block = Y) are accepted as they come.
    accept_offline: bool = True
    #: Say why after each item that a Renew All (65) has not renewed (BN).
    say_why_not_renewed: bool = True
    #: Material groups that this machine does not lend, with all below them.
    blocked_material_groups: tuple[str, ...] = ()
    #: Loans of these groups, or to these categories of patrons, stay on the premises: the security
    #: tag is left on.
    in_house_material_groups: tuple[str, ...] = ()
    in_house_patron_categories: tuple[str, ...] = ()
    #: CI in 12 and 30: Y if the tag must be left on.
    send_security_inhibit: bool = False
    #: Payment types (37) that are not payments: the amount is written off.
    writeoff_payment_types: tuple[Annotated[str, written(r"^[0-9]{2}\Z", "TWO_DIGITS")], ...] = ()
    #: Refuse more than is owed even if the rules would keep it for the patron.
    refuse_overpayment: bool = False


@dataclass(frozen=True, kw_only=True)
class Returns:
    """Check-in (09), and what 10 and 18 say of items: sorters."""

    #: Name the card of the patron whose loan a check-in (10) ended.
    show_borrower: bool = True
    #: What a check-in does if somebody is waiting for the item: sends it to the pickup branch bound
    #: to nobody (route), binds it to the hold (bind), also puts it on the hold shelf and tells the
    #: patron (shelve), or leaves it to the staff (refuse). By default a desk shelves and a machine
    #: binds.
    holds: Literal["route", "bind", "shelve", "refuse"] | None = None
    #: The scheme of rules by which it sorts (CL): ``[[sorting.SCHEME]]`` of the set-up.
    sorting: Annotated[str, Field(min_length=1)] | None = None
    #: Name the patron for whom a returned item (10) is kept, and their card.
    show_hold_patron: bool = False
    #: DA.
    hold_patron_template: Annotated[str, _filled(HOLD_PLACES)] = "{name}"
    #: Send CT in 10 even for items that stay here: some sorters insist on it.
    always_send_destination: bool = False
    #: Fields of 10 that are sent even if empty; CV is then ``00``.
    always_send: tuple[AlwaysSent, ...] = ()
    #: The alert types (CV) that the machine knows. Others are sent as 99, or not at all if 99 is
    #: unknown, too; the alert flag stays.
    alert_types: tuple[Literal["00", "01", "02", "03", "04", "99"], ...] = (
        "00",
        "01",
        "02",
        "03",
        "04",
        "99",
    )
    #: A refused check-in raises the alert flag (with CV 99).
    alert_on_failure: bool = True
    #: Answer ok even if the item was not on loan. It is taken either way.
    ok_if_not_on_loan: bool = True
    #: CR.
    collection_code: Literal[
        "material_group", "department", "location", "sublocation", "section"
    ] = "material_group"
    #: AQ in 10 and 18: the home branch, or the item's place in it.
    permanent_location: Literal["branch", "department", "location", "sublocation"] = "branch"
    #: CH in 10: as the machine sent it, or the material group.
    item_properties: Literal["as-sent", "material_group"] = "as-sent"
    #: Fields of the library's own in 10 and 18: ``ZZ={author}``.
    extra_item_fields: tuple[ItemField, ...] = ()
    #: An item asked about (17) is at the machine: if it was missing, it is found.
    find_on_item_information: bool = False


@dataclass(frozen=True, kw_only=True)
class BesideAnother:
    """For a proxy between the terminals and two systems, while a library changes from one to the
    other."""

    #: Each message is answered as it would be, and nothing is written: no loan, no look-up, no
    #: wrong PIN, no kept answer.
    judges: bool = False
    #: What carries a journal id (QJ) was decided elsewhere, and is written down once, however late
    #: and often it comes. ``shadow``: by another system, which charges for it and tells people;
    #: ``replay``: in our place, while we could not be asked, so that it counts as ours.
    follows: Literal["no", "shadow", "replay"] = "no"
    #: A PIN (AD) that comes with QL Y in a 63 was right elsewhere, and is the patron's from now on.
    learns_pins: bool = False


def is_beside_another(account: BesideAnother | None) -> bool:
    """Return whether the account is that of a proxy before two systems."""
    return account is not None and (account.judges or account.follows != "no")


@dataclass(frozen=True, kw_only=True)
class Options(Wire, Logins, Screen, Patrons, Loans, Returns, BesideAnother):
    """All options of an account."""
