"""The section ``[ncip]`` of tiro.toml.

[ncip]
port = 3121                        # raw TCP; left out: HTTP alone

[[ncip.partners]]
agency = "DK-710100"               # what the partner writes in FromAgencyId
name = "Interlibrary loan centre"
branch = "DK-900101"               # where its loans and returns are made
shared_secret = "$argon2id$..."    # then FromAgencyAuthentication must hold the secret
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field

from protocols.ncip.services import SERVICES


def _service(name: str) -> str:
    if name not in SERVICES:
        raise ValueError(f"no such service; there are {', '.join(sorted(SERVICES))}")
    return name


def _argon2(text: str) -> str:
    if not text.startswith("$argon2id$"):
        raise ValueError("not an argon2id hash")
    return text


def folded_agency(agency: str) -> str:
    """What agencies are compared by: callers write their own names in any case."""
    return agency.strip().casefold()


@dataclass(frozen=True)
class Partner:
    """Another agency or broker, and what it may do.

    `services` None allows all. `sees_borrowers` tells it who has an item (CurrentBorrower, and
    UserId in a check-in). `email_type` and `phone_type` are the words it expects as
    ElectronicAddressType.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    agency: Annotated[str, Field(min_length=1)]
    branch: Annotated[str, Field(min_length=1)]
    name: str = ""
    services: tuple[Annotated[str, AfterValidator(_service)], ...] | None = None
    shared_secret: Annotated[str, AfterValidator(_argon2)] | None = field(default=None, repr=False)
    sees_borrowers: bool = False
    email_type: str = "mailto"
    phone_type: str = "tel"

    @property
    def known_as(self) -> str:
        """The partner's name in the log and in events."""
        return self.name or self.agency


@dataclass(frozen=True)
class NcipSettings:
    """Where NCIP listens and who may use it. Over HTTP it is at ``/ncip`` of the common port.

    With `any_partner` everybody is taken as a partner whose work is done at `branch`: for
    demonstrations and tests, or behind a filter of one's own.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    port: Annotated[int, Field(ge=0, le=65535)] | None = None
    interface: str = "127.0.0.1"
    idle_seconds: Annotated[float, Field(gt=0)] = 300.0
    message_seconds: Annotated[float, Field(gt=0)] = 30.0
    any_partner: bool = False
    branch: str = ""
    partners: tuple[Partner, ...] = ()

    def __post_init__(self) -> None:
        if self.any_partner and not self.branch:
            raise ValueError("any_partner needs a branch where the work of partners is done")
        agencies = [folded_agency(partner.agency) for partner in self.partners]
        for agency in sorted(set(agencies)):
            if agencies.count(agency) > 1:
                raise ValueError(f"partners: {agency} is there more than once")
