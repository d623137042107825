"""Users that come, change and go, and AuthenticateUser of version 1 (Z39.83-1-2012, 5.4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from protocols.ncip.messages import (
    AuthenticationInput,
    BlockOrTrap,
    Code,
    InitiationHeader,
    MandatedAction,
    NameInformation,
    ResponseHeader,
    UserAddressInformation,
    UserId,
    UserPrivilege,
)
from protocols.ncip.rows import (
    CODE,
    HEADER,
    MANY,
    MOMENT,
    ONE,
    OPTIONAL,
    RESPONSE_HEADER,
    SOME,
    USER,
    Row,
)


@dataclass(frozen=True, slots=True)
class CreateUser:
    initiation_header: InitiationHeader | None = None
    mandated_action: MandatedAction | None = None
    user_id: UserId | None = None
    authentication_input: tuple[AuthenticationInput, ...] = ()
    name_information: NameInformation | None = None
    user_address_information: tuple[UserAddressInformation, ...] = ()
    date_of_birth: datetime | None = None
    user_language: tuple[Code, ...] = ()
    user_privilege: tuple[UserPrivilege, ...] = ()
    block_or_trap: tuple[BlockOrTrap, ...] = ()


@dataclass(frozen=True, slots=True)
class CreateUserResponse:
    response_header: ResponseHeader | None = None
    user_id: UserId | None = None


@dataclass(frozen=True, slots=True)
class DeleteUserFields:
    authentication_input: tuple[AuthenticationInput, ...] = ()
    name_information: NameInformation | None = None
    user_address_information: tuple[UserAddressInformation, ...] = ()
    date_of_birth: datetime | None = None
    user_language: tuple[Code, ...] = ()
    user_privilege: tuple[UserPrivilege, ...] = ()
    block_or_trap: tuple[BlockOrTrap, ...] = ()


@dataclass(frozen=True, slots=True)
class AddUserFields:
    authentication_input: tuple[AuthenticationInput, ...] = ()
    name_information: NameInformation | None = None
    user_address_information: tuple[UserAddressInformation, ...] = ()
    date_of_birth: datetime | None = None
    user_language: tuple[Code, ...] = ()
    user_privilege: tuple[UserPrivilege, ...] = ()
    block_or_trap: tuple[BlockOrTrap, ...] = ()


@dataclass(frozen=True, slots=True)
class UpdateUser:
    initiation_header: InitiationHeader | None = None
    mandated_action: MandatedAction | None = None
    user_id: UserId | None = None
    authentication_input: tuple[AuthenticationInput, ...] = ()
    delete_user_fields: DeleteUserFields | None = None
    add_user_fields: AddUserFields | None = None


@dataclass(frozen=True, slots=True)
class UpdateUserResponse:
    response_header: ResponseHeader | None = None
    user_id: UserId | None = None


@dataclass(frozen=True, slots=True)
class DeleteUser:
    initiation_header: InitiationHeader | None = None
    mandated_action: MandatedAction | None = None
    user_id: UserId | None = None
    authentication_input: tuple[AuthenticationInput, ...] = ()


@dataclass(frozen=True, slots=True)
class DeleteUserResponse:
    response_header: ResponseHeader | None = None
    user_id: UserId | None = None


@dataclass(frozen=True, slots=True)
class AuthenticateUser:
    """Of version 1 alone: are these the right credentials?"""

    initiation_header: InitiationHeader | None = None
    authentication_input: tuple[AuthenticationInput, ...] = ()


@dataclass(frozen=True, slots=True)
class AuthenticateUserResponse:
    response_header: ResponseHeader | None = None
    user_id: UserId | None = None


_MANDATED = Row("mandated_action", MandatedAction, OPTIONAL)
_ABOUT = (
    Row("user_address_information", UserAddressInformation, MANY),
    Row("date_of_birth", MOMENT, OPTIONAL),
    Row("user_language", CODE, MANY),
    Row("user_privilege", UserPrivilege, MANY),
    Row("block_or_trap", BlockOrTrap, MANY),
)
_FIELDS = (
    Row("authentication_input", AuthenticationInput, MANY),
    Row("name_information", NameInformation, OPTIONAL),
    *_ABOUT,
)
_ANSWER = (RESPONSE_HEADER, Row("user_id", UserId, ONE, choice="outcome"))

LAYOUTS: dict[type[Any], tuple[Row, ...]] = {
    CreateUser: (HEADER, _MANDATED, *USER, Row("name_information", NameInformation, ONE), *_ABOUT),
    CreateUserResponse: _ANSWER,
    DeleteUserFields: _FIELDS,
    AddUserFields: _FIELDS,
    UpdateUser: (
        HEADER,
        _MANDATED,
        *USER,
        Row("delete_user_fields", DeleteUserFields, OPTIONAL),
        Row("add_user_fields", AddUserFields, OPTIONAL),
    ),
    UpdateUserResponse: _ANSWER,
    DeleteUser: (HEADER, _MANDATED, *USER),
    DeleteUserResponse: _ANSWER,
    AuthenticateUser: (HEADER, Row("authentication_input", AuthenticationInput, SOME)),
    AuthenticateUserResponse: _ANSWER,
}
