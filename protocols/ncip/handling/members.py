"""Users that come, change and go: CreateUser, UpdateUser, DeleteUser (Z39.83-1-2012, 5.4).

Everything is checked before anything is written, so that a refusal leaves nothing half done.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from circulation.kernel.act import Act
from circulation.kernel.organisation import find_branch
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import PatronStatus
from circulation.languages.sentences import several
from circulation.patrons.addresses import (
    Dwelling,
    NewAddress,
    add_address,
    addresses_of,
    remove_address,
)
from circulation.patrons.blocks import block_patron, unblock_patron
from circulation.patrons.changes import Changes, change_patron
from circulation.patrons.checking import patron_problems
from circulation.patrons.identifiers import IDENTIFIERS, find_patron
from circulation.patrons.kinds import PatronKind
from circulation.patrons.languages import ISO_639_1
from circulation.patrons.personal_erasure import StillNeeded, erase_person
from circulation.patrons.pin_rules import pin_problems
from circulation.patrons.pins import hash_pin
from circulation.patrons.registering import NewPatron, register_patron, set_pin
from protocols.hosting.answering import Context
from protocols.ncip.messages import AuthenticationInput, Code, Problem, Refusal, Response
from protocols.ncip.models.users import (
    AddUserFields,
    BlockOrTrap,
    CreateUser,
    CreateUserResponse,
    DeleteUser,
    DeleteUserFields,
    DeleteUserResponse,
    NameInformation,
    UpdateUser,
    UpdateUserResponse,
    UserAddressInformation,
    UserPrivilege,
)
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.problems.problems import problem, refusal
from protocols.ncip.settings import Partner
from protocols.ncip.subjects.named import desk_of, is_given, known_user
from protocols.ncip.subjects.users import NamedUser, folded, is_secret, named_user, user_id

_EMAIL = frozenset({"mailto", "email", "emailaddress", "mail"})
_PHONE = frozenset({"tel", "phone", "telephone", "mobile", "sms"})
#: The element of each field that the engine may find wrong.
_ELEMENTS = {
    "birth_date": "DateOfBirth",
    "category": "AgencyUserPrivilegeType",
    "email": "ElectronicAddressData",
    "language": "UserLanguage",
    "phone": "ElectronicAddressData",
}


class _Name(NamedTuple):
    name: str
    given_name: str
    family_name: str
    kind: PatronKind


class _About(NamedTuple):
    """What a request says of a user; None where it says nothing."""

    name: _Name | None
    birth_date: date | None
    language: str | None
    category: str | None
    expires: date | None
    email: str | None
    phone: str | None
    postal: str | None

    def changes(self) -> Changes:
        found: Changes = {}
        if self.name is not None:
            found["name"] = self.name.name
            found["given_name"] = self.name.given_name
            found["family_name"] = self.name.family_name
        for field in ("birth_date", "language", "category", "expires", "email", "phone"):
            value = getattr(self, field)
            if value is not None:
                found[field] = value
        return found


def create_user(request: CreateUser, caller: Partner, context: Context) -> Response:
    """Registers a user of the partner's branch.

    The given identifier becomes the first card; without one the library makes one up. The category
    is the AgencyUserPrivilegeType of the first UserPrivilege (or the status of one of type
    PROFILE), ValidToDate the last day. A PIN in AuthenticationInput becomes the user's. A
    BlockOrTrap registers the user blocked.
    """
    user: NamedUser | None = None
    if is_given(request):
        named = named_user(request)
        if isinstance(named, Problem):
            return refusal(request, named)
        user = named
    branch = find_branch(context.transaction, isil=caller.branch)
    about = _read(request, ProblemType.ELEMENT_RULE_VIOLATED)
    if isinstance(about, Problem):
        return refusal(request, about)
    wrong = _wrong(about, user.pin if user else None, ProblemType.ELEMENT_RULE_VIOLATED, context)
    wrong += _missing(about)
    if user is not None and _owner(user.identifier, context) is not None:
        element = "UserIdentifierValue" if user.quotable else "AuthenticationInputData"
        value = user.quotable.get(element)
        why = "a user has this identifier already"
        wrong.append(problem(ProblemType.DUPLICATE_USER, why, element, value))
    if wrong or about.name is None or about.category is None or branch is None:
        return refusal(request, *wrong)
    desk = desk_of(caller, context)
    card = user.identifier if user else str(context.circulation.ids.next(context.now))
    patron_id = register_patron(
        context.act(desk),
        NewPatron(
            home_branch=branch.id,
            category=about.category,
            given_name=about.name.given_name,
            family_name=about.name.family_name,
            name=about.name.name,
            kind=about.name.kind,
            card=card,
            pin_hash=hash_pin(user.pin) if user and user.pin else None,
            language=about.language,
            birth_date=about.birth_date,
            email=about.email or "",
            phone=about.phone or "",
            expires=about.expires,
        ),
    )
    if about.postal:
        add_address(context.act(desk), patron_id, NewAddress(lines=about.postal))
    _block(patron_id, request.block_or_trap, caller, context)
    return CreateUserResponse(user_id=user_id(card, branch.agency_isil))


def _missing(about: _About) -> Iterator[Problem]:
    """What every user has, and what is not given of this one."""
    if about.name is None:
        yield problem(ProblemType.NEEDED_DATA_MISSING, "no name is given", "NameInformation")
    if about.category is None:
        why = "the category is not given"
        yield problem(ProblemType.NEEDED_DATA_MISSING, why, "AgencyUserPrivilegeType")


def update_user(request: UpdateUser, caller: Partner, context: Context) -> Response:
    """Changes what is recorded of a user. AddUserFields replaces what is there.

    DeleteUserFields removes the date of birth, an address, the PIN or a block; every user has a
    name, a language and a category.
    """
    user = named_user(request)
    if isinstance(user, Problem):
        return refusal(request, user)
    act = context.act(desk_of(caller, context))
    status = known_user(request, user, act)
    if isinstance(status, Refusal):
        return status
    added = request.add_user_fields or AddUserFields()
    deleted = request.delete_user_fields or DeleteUserFields()
    about = _read(added, ProblemType.UNABLE_TO_ADD_ELEMENT)
    if isinstance(about, Problem):
        return refusal(request, about)
    pin = _pin_in(added.authentication_input)
    wrong = [
        *_wrong(about, pin, ProblemType.UNABLE_TO_ADD_ELEMENT, context, status),
        *_not_to_delete(deleted, added),
    ]
    if wrong:
        return refusal(request, *wrong)
    patron_id = status.patron.id
    changes = _without(deleted)
    changes.update(about.changes())
    change_patron(act, patron_id, changes)
    if about.postal is not None or _is_postal(deleted.user_address_information):
        _move(act, patron_id, about.postal)
    if pin is not None:
        set_pin(act, patron_id, hash_pin(pin))
    elif any(is_secret(each) for each in deleted.authentication_input):
        set_pin(act, patron_id, None)
    if deleted.block_or_trap:
        unblock_patron(act, patron_id, BlockReason.OTHER)
    _block(patron_id, added.block_or_trap, caller, context)
    identifier = status.patron.identifier
    return UpdateUserResponse(user_id=user_id(identifier, status.home_branch.agency_isil))


def delete_user(request: DeleteUser, caller: Partner, context: Context) -> Response:
    """Erases a user and all data on them, unless something is still open."""
    user = named_user(request)
    if isinstance(user, Problem):
        return refusal(request, user)
    act = context.act(desk_of(caller, context))
    status = known_user(request, user, act)
    if isinstance(status, Refusal):
        return status
    try:
        erase_person(act, status.patron.id)
    except StillNeeded as error:  # raised before anything is written
        return refusal(request, problem(ProblemType.USER_ACCESS_DENIED, str(error)))
    identifier = status.patron.identifier
    return DeleteUserResponse(user_id=user_id(identifier, status.home_branch.agency_isil))


# Reading


def _read(given: CreateUser | AddUserFields, kind: ProblemType) -> _About | Problem:
    email = phone = postal = None
    for each in given.user_address_information:
        address, electronic = each.physical_address, each.electronic_address
        if electronic is not None:
            word = (
                folded(electronic.electronic_address_type.value)
                if (electronic.electronic_address_type)
                else ""
            )
            if word in _EMAIL:
                email = electronic.electronic_address_data
            elif word in _PHONE:
                phone = electronic.electronic_address_data
            else:
                return problem(kind, "no such way to a user", "ElectronicAddressType", word)
        elif address is not None:
            postal = _lines(address)
    language = _language(given.user_language)
    if given.user_language and language is None:
        return problem(kind, "no such language", "UserLanguage", given.user_language[0].value)
    category, expires = _privilege(given.user_privilege)
    return _About(
        _name(given.name_information),
        given.date_of_birth.date() if given.date_of_birth else None,
        language,
        category,
        expires,
        email,
        phone,
        postal,
    )


def _name(given: NameInformation | None) -> _Name | None:
    if given is None:
        return None
    personal = given.personal_name_information
    if personal is not None:
        structured = personal.structured_personal_user_name
        plain = personal.unstructured_personal_user_name
        if structured is not None and structured.surname:
            first, last = structured.given_name or "", structured.surname
            return _Name(plain or f"{first} {last}".strip(), first, last, PatronKind.PERSON)
        if plain:
            first, _, last = plain.rpartition(" ")
            return _Name(plain, first, last, PatronKind.PERSON)
    for each in given.organization_name_information:
        if each.organization_name:
            return _Name(each.organization_name, "", each.organization_name, PatronKind.LIBRARY)
    return None


def _lines(address: Any) -> str | None:
    if address.unstructured_address is not None:
        text = address.unstructured_address.unstructured_address_data
        return text or None
    parts = address.structured_address
    if parts is None:
        return None
    town = " ".join(part for part in (parts.postal_code, parts.locality) if part)
    lines = (parts.street, parts.line1, parts.line2, town, parts.region, parts.country)
    return "\n".join(line for line in lines if line) or None


def _language(given: tuple[Code, ...]) -> str | None:
    """The first language, in ISO 639-1 like the engine's, from either ISO 639."""
    if not given:
        return None
    code = given[0].value.casefold()
    return ISO_639_1.get(code) or (code if code in ISO_639_1.values() else None)


def _privilege(given: tuple[UserPrivilege, ...]) -> tuple[str | None, date | None]:
    """The category, and the last day on which the user may borrow."""
    category, until = None, None
    for each in given:
        kind = each.agency_user_privilege_type.value if each.agency_user_privilege_type else ""
        status = each.user_privilege_status
        word = status.user_privilege_status_type if status else None
        if folded(kind) == "status":
            continue
        if folded(kind) == "profile":
            kind = word.value if word else ""
        category = category or kind or None
        until = until or (each.valid_to_date.date() if each.valid_to_date else None)
    return category, until


def _pin_in(given: tuple[AuthenticationInput, ...]) -> str | None:
    return next((each.authentication_input_data or "" for each in given if is_secret(each)), None)


def _wrong(
    about: _About,
    pin: str | None,
    kind: ProblemType,
    context: Context,
    status: PatronStatus | None = None,
) -> list[Problem]:
    wrong = []
    for each in patron_problems(context.transaction, about.changes(), now=context.now):
        element = _ELEMENTS[each.field]
        wrong.append(problem(kind, each.text, element, str(getattr(about, each.field))))
    if pin is not None:
        birth_date = about.birth_date or (status.birth_date if status else None)
        if broken := pin_problems(pin, birth_date=birth_date):
            wrong.append(problem(kind, str(several(broken)), "AuthenticationInputData"))
    return wrong


# Removing


def _not_to_delete(deleted: DeleteUserFields, added: AddUserFields) -> list[Problem]:
    """What every user has can be replaced, not removed."""
    return [
        problem(ProblemType.UNABLE_TO_DELETE_ELEMENT, "every user has one", element)
        for element, is_deleted, is_added in (
            ("NameInformation", deleted.name_information, added.name_information),
            ("UserLanguage", deleted.user_language, added.user_language),
            ("UserPrivilege", deleted.user_privilege, added.user_privilege),
        )
        if is_deleted and not is_added
    ]


def _without(deleted: DeleteUserFields) -> Changes:
    found: Changes = {}
    if deleted.date_of_birth is not None:
        found["birth_date"] = None
    for each in deleted.user_address_information:
        kind = each.electronic_address and each.electronic_address.electronic_address_type
        word = folded(kind.value) if kind else ""
        if word in _EMAIL:
            found["email"] = ""
        elif word in _PHONE:
            found["phone"] = ""
    return found


def _move(act: Act, patron_id: int, postal: str | None) -> None:
    """That is where they live, in place of all other homes; None: nowhere."""
    homes = [
        address
        for address in addresses_of(act.transaction, patron_id)
        if address.kind is Dwelling.HOME
    ]
    for address in homes:
        if address.text != postal:
            remove_address(act, patron_id, address.id)
    if postal and all(address.text != postal for address in homes):
        add_address(act, patron_id, NewAddress(lines=postal))


def _is_postal(given: tuple[UserAddressInformation, ...]) -> bool:
    return any(each.physical_address is not None for each in given)


def _block(
    patron_id: int, given: tuple[BlockOrTrap, ...], caller: Partner, context: Context
) -> None:
    """One block stands for all that the partner names: the user may do nothing until it is
    lifted."""
    if given:
        words = ", ".join(
            each.block_or_trap_type.value for each in given if each.block_or_trap_type
        )
        block_patron(
            context.act(desk_of(caller, context)),
            patron_id,
            BlockReason.OTHER,
            message=f"{caller.known_as}: {words}",
        )


def _owner(identifier: str, context: Context) -> int | None:
    return find_patron(context.transaction, identifier, key=IDENTIFIERS.of(context.circulation))
