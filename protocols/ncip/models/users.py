"""Users that come, change and go, and AuthenticateUser of version 1 (Z39.83-1-2012, 5.4)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from protocols.ncip.messages import (
    AuthenticationInput,
    Code,
    InitiationHeader,
    MandatedAction,
    ResponseHeader,
    UserId,
)
from protocols.ncip.models.addresses import (
    ElectronicAddress,
    OrganizationNameInformation,
    PhysicalAddress,
)
from protocols.ncip.models.elements import element
from protocols.ncip.models.rows import (
    CODE,
    HEADER,
    MANY,
    MOMENT,
    ONE,
    OPTIONAL,
    RESPONSE_HEADER,
    SOME,
    TEXT,
    USER,
    V2,
    Row,
)


@element
class StructuredPersonalUserName:
    given_name: str | None = None
    surname: str | None = None


@element
class PersonalNameInformation:
    structured_personal_user_name: StructuredPersonalUserName | None = None
    unstructured_personal_user_name: str | None = None


@element
class NameInformation:
    personal_name_information: PersonalNameInformation | None = None
    organization_name_information: tuple[OrganizationNameInformation, ...] = ()


@element
class UserAddressInformation:
    user_address_role_type: Code | None = None
    physical_address: PhysicalAddress | None = None
    electronic_address: ElectronicAddress | None = None


@element
class UserPrivilegeStatus:
    user_privilege_status_type: Code | None = None


@element
class UserPrivilege:
    agency_id: Code | None = None
    agency_user_privilege_type: Code | None = None
    valid_from_date: datetime | None = None
    valid_to_date: datetime | None = None
    user_privilege_status: UserPrivilegeStatus | None = None


@element
class BlockOrTrap:
    agency_id: Code | None = None
    block_or_trap_type: Code | None = None
    valid_from_date: datetime | None = None
    valid_to_date: datetime | None = None


@element
class PreviousUserId:
    agency_id: Code | None = None
    user_identifier_value: str | None = None


@element
class UserOptionalFields:
    name_information: NameInformation | None = None
    user_address_information: tuple[UserAddressInformation, ...] = ()
    date_of_birth: datetime | None = None
    user_language: tuple[Code, ...] = ()
    user_privilege: tuple[UserPrivilege, ...] = ()
    block_or_trap: tuple[BlockOrTrap, ...] = ()
    user_id: tuple[UserId, ...] = ()
    previous_user_id: tuple[PreviousUserId, ...] = ()


@element
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


@element
class CreateUserResponse:
    response_header: ResponseHeader | None = None
    user_id: UserId | None = None


@element
class DeleteUserFields:
    authentication_input: tuple[AuthenticationInput, ...] = ()
    name_information: NameInformation | None = None
    user_address_information: tuple[UserAddressInformation, ...] = ()
    date_of_birth: datetime | None = None
    user_language: tuple[Code, ...] = ()
    user_privilege: tuple[UserPrivilege, ...] = ()
    block_or_trap: tuple[BlockOrTrap, ...] = ()


@element
class AddUserFields:
    authentication_input: tuple[AuthenticationInput, ...] = ()
    name_information: NameInformation | None = None
    user_address_information: tuple[UserAddressInformation, ...] = ()
    date_of_birth: datetime | None = None
    user_language: tuple[Code, ...] = ()
    user_privilege: tuple[UserPrivilege, ...] = ()
    block_or_trap: tuple[BlockOrTrap, ...] = ()


@element
class UpdateUser:
    initiation_header: InitiationHeader | None = None
    mandated_action: MandatedAction | None = None
    user_id: UserId | None = None
    authentication_input: tuple[AuthenticationInput, ...] = ()
    delete_user_fields: DeleteUserFields | None = None
    add_user_fields: AddUserFields | None = None


@element
class UpdateUserResponse:
    response_header: ResponseHeader | None = None
    user_id: UserId | None = None


@element
class DeleteUser:
    initiation_header: InitiationHeader | None = None
    mandated_action: MandatedAction | None = None
    user_id: UserId | None = None
    authentication_input: tuple[AuthenticationInput, ...] = ()


@element
class DeleteUserResponse:
    response_header: ResponseHeader | None = None
    user_id: UserId | None = None


@element
class AuthenticateUser:
    """Of version 1 alone: are these the right credentials?"""

    initiation_header: InitiationHeader | None = None
    authentication_input: tuple[AuthenticationInput, ...] = ()


@element
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


#: What is told of a user besides.
USER_FIELDS = Row("user_optional_fields", UserOptionalFields, OPTIONAL)

LAYOUTS: dict[type[Any], tuple[Row, ...]] = {
    StructuredPersonalUserName: (
        Row("given_name", TEXT, OPTIONAL),
        Row("surname", TEXT, ONE),
    ),
    PersonalNameInformation: (
        Row("structured_personal_user_name", StructuredPersonalUserName, ONE, choice="name"),
        Row("unstructured_personal_user_name", TEXT, OPTIONAL, choice="name"),
    ),
    NameInformation: (
        Row("personal_name_information", PersonalNameInformation, ONE, choice="name"),
        Row("organization_name_information", OrganizationNameInformation, SOME, choice="name"),
    ),
    UserAddressInformation: (
        Row("user_address_role_type", CODE, ONE),
        Row("physical_address", PhysicalAddress, ONE, choice="address"),
        Row("electronic_address", ElectronicAddress, ONE, choice="address"),
    ),
    UserPrivilegeStatus: (Row("user_privilege_status_type", CODE, ONE),),
    UserPrivilege: (
        Row("agency_id", CODE, ONE),
        Row("agency_user_privilege_type", CODE, ONE),
        Row("valid_from_date", MOMENT, OPTIONAL),
        Row("valid_to_date", MOMENT, OPTIONAL),
        Row("user_privilege_status", UserPrivilegeStatus, OPTIONAL),
    ),
    BlockOrTrap: (
        Row("agency_id", CODE, ONE),
        Row("block_or_trap_type", CODE, ONE),
        Row("valid_from_date", MOMENT, OPTIONAL),
        Row("valid_to_date", MOMENT, OPTIONAL),
    ),
    PreviousUserId: (
        Row("agency_id", CODE, ONE),
        Row("user_identifier_value", TEXT, ONE),
    ),
    UserOptionalFields: (
        Row("name_information", NameInformation, OPTIONAL),
        Row("user_address_information", UserAddressInformation, MANY),
        Row("date_of_birth", MOMENT, OPTIONAL),
        Row("user_language", CODE, MANY),
        Row("user_privilege", UserPrivilege, MANY),
        Row("block_or_trap", BlockOrTrap, MANY),
        Row("user_id", UserId, MANY, name_1="VisibleUserId"),
        Row("previous_user_id", PreviousUserId, MANY, since=V2),
    ),
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
