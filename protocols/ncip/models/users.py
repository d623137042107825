"""Users that come, change and go, and AuthenticateUser of version 1 (Z39.83-1-2012, 5.4)."""

from datetime import datetime
from typing import Annotated

from protocols.ncip.messages import (
    AuthenticationInput,
    Code,
    InitiationMessage,
    ResponseMessage,
    UpdateMessage,
    UserId,
)
from protocols.ncip.models.addresses import (
    ElectronicAddress,
    OrganizationNameInformation,
    PhysicalAddress,
)
from protocols.ncip.models.elements import element, value_class
from protocols.ncip.models.marks import ONE, SOME, V2, Choice, Since, Version1


@element
class StructuredPersonalUserName:
    given_name: str | None = None
    surname: Annotated[str, ONE] | None = None


@element
class PersonalNameInformation:
    structured_personal_user_name: Annotated[StructuredPersonalUserName, Choice("name")] | None = (
        None
    )
    unstructured_personal_user_name: str | None = None


@element
class NameInformation:
    personal_name_information: Annotated[PersonalNameInformation, Choice("name")] | None = None
    organization_name_information: Annotated[
        tuple[OrganizationNameInformation, ...], Choice("name")
    ] = ()


@element
class UserAddressInformation:
    user_address_role_type: Annotated[Code, ONE] | None = None
    physical_address: Annotated[PhysicalAddress, Choice("address")] | None = None
    electronic_address: Annotated[ElectronicAddress, Choice("address")] | None = None


@element
class UserPrivilegeStatus:
    user_privilege_status_type: Annotated[Code, ONE] | None = None


@element
class UserPrivilege:
    agency_id: Annotated[Code, ONE] | None = None
    agency_user_privilege_type: Annotated[Code, ONE] | None = None
    valid_from_date: datetime | None = None
    valid_to_date: datetime | None = None
    user_privilege_status: UserPrivilegeStatus | None = None


@element
class BlockOrTrap:
    agency_id: Annotated[Code, ONE] | None = None
    block_or_trap_type: Annotated[Code, ONE] | None = None
    valid_from_date: datetime | None = None
    valid_to_date: datetime | None = None


@element
class PreviousUserId:
    agency_id: Annotated[Code, ONE] | None = None
    user_identifier_value: Annotated[str, ONE] | None = None


@element
class UserOptionalFields:
    name_information: NameInformation | None = None
    user_address_information: tuple[UserAddressInformation, ...] = ()
    date_of_birth: datetime | None = None
    user_language: tuple[Code, ...] = ()
    user_privilege: tuple[UserPrivilege, ...] = ()
    block_or_trap: tuple[BlockOrTrap, ...] = ()
    user_id: Annotated[tuple[UserId, ...], Version1(name="VisibleUserId")] = ()
    previous_user_id: Annotated[tuple[PreviousUserId, ...], Since(V2)] = ()


@element
class CreateUser(UpdateMessage):
    user_id: Annotated[UserId, Choice("user")] | None = None
    authentication_input: Annotated[tuple[AuthenticationInput, ...], Choice("user")] = ()
    name_information: Annotated[NameInformation, ONE] | None = None
    user_address_information: tuple[UserAddressInformation, ...] = ()
    date_of_birth: datetime | None = None
    user_language: tuple[Code, ...] = ()
    user_privilege: tuple[UserPrivilege, ...] = ()
    block_or_trap: tuple[BlockOrTrap, ...] = ()


@element
class CreateUserResponse(ResponseMessage):
    user_id: Annotated[UserId, Choice("outcome")] | None = None


@value_class
class UserFields:
    """What of a user can be changed."""

    authentication_input: tuple[AuthenticationInput, ...] = ()
    name_information: NameInformation | None = None
    user_address_information: tuple[UserAddressInformation, ...] = ()
    date_of_birth: datetime | None = None
    user_language: tuple[Code, ...] = ()
    user_privilege: tuple[UserPrivilege, ...] = ()
    block_or_trap: tuple[BlockOrTrap, ...] = ()


@element
class DeleteUserFields(UserFields):
    """What is removed."""


@element
class AddUserFields(UserFields):
    """What is added, once the rest has been removed."""


@element
class UpdateUser(UpdateMessage):
    user_id: Annotated[UserId, Choice("user")] | None = None
    authentication_input: Annotated[tuple[AuthenticationInput, ...], Choice("user")] = ()
    delete_user_fields: DeleteUserFields | None = None
    add_user_fields: AddUserFields | None = None


@element
class UpdateUserResponse(ResponseMessage):
    user_id: Annotated[UserId, Choice("outcome")] | None = None


@element
class DeleteUser(UpdateMessage):
    user_id: Annotated[UserId, Choice("user")] | None = None
    authentication_input: Annotated[tuple[AuthenticationInput, ...], Choice("user")] = ()


@element
class DeleteUserResponse(ResponseMessage):
    user_id: Annotated[UserId, Choice("outcome")] | None = None


@element
class AuthenticateUser(InitiationMessage):
    """Only in version 1: are these the right credentials?"""

    authentication_input: Annotated[tuple[AuthenticationInput, ...], SOME] = ()


@element
class AuthenticateUserResponse(ResponseMessage):
    user_id: Annotated[UserId, Choice("outcome")] | None = None
