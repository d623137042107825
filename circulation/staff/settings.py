"""What an agency asks of its staff, and of its patrons, when they sign in. Part of the set-up."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Annotated, ClassVar, Literal

from sqlalchemy import SmallInteger, Text

from circulation.kernel.agency_rows import AgencyRows
from circulation.kernel.fitting import DESCRIBED, Between
from circulation.kernel.models import AsText, Model, Wanted
from circulation.kernel.set_up import SetUp, SetUpPart
from circulation.staff.schema import staff_settings


def _are_networks(value: object) -> bool:
    return isinstance(value, list | tuple) and all(map(_is_network, value))


def _is_network(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(ip_network(value))
    except ValueError:
        return False


def _read(text: str) -> tuple[str, ...]:
    return tuple(text.split())


@dataclass(frozen=True, slots=True)
class StaffSettings:
    """The rules of one agency, for its own staff and patrons."""

    __pydantic_config__: ClassVar = DESCRIBED

    minimum_length: Annotated[int, Between(8, 64), SmallInteger()] = 12
    """Characters of a password of the staff."""
    second_factor: Literal["outside", "always", "never"] = "outside"
    """Where the staff need more than a password: outside of the known networks and away from
    registered workstations, always, or only those who have set one up for themselves."""
    known_networks: Annotated[
        tuple[str, ...],
        Wanted("NETWORKS", _are_networks),
        AsText(" ".join, _read),
        Text(),
    ] = ()
    """The networks of the library's own houses."""
    idle_minutes: Annotated[int, Between(1, 24 * 60), SmallInteger()] = 60
    """How long somebody of the staff stays signed in without doing anything."""
    session_hours: Annotated[int, Between(1, 24 * 7), SmallInteger()] = 12
    """How long they stay signed in at the most."""
    patron_idle_minutes: Annotated[int, Between(1, 24 * 60), SmallInteger()] = 15
    """The same for patrons, who may sit at a machine that many use."""
    patron_session_minutes: Annotated[int, Between(1, 24 * 60), SmallInteger()] = 120
    """How long a patron stays signed in at the most."""

    lookup_days: Annotated[int, Between(30, 3650), SmallInteger()] = 365
    """How long the log keeps who has looked at whom, at branches of this agency."""

    def knows(self, address: str) -> bool:
        """Is the address in one of the library's own networks?"""
        try:
            found = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        found = getattr(found, "ipv4_mapped", None) or found
        return any(found in ip_network(each) for each in self.known_networks)


USUAL = StaffSettings()
STAFF_SETTINGS = AgencyRows(Model(StaffSettings), staff_settings)
STAFF_RULES = SetUpPart("staff_settings", STAFF_SETTINGS.read)


def staff_settings_of(set_up: SetUp, agency_id: int) -> StaffSettings:
    """What the agency asks of its staff and patrons when they sign in."""
    return STAFF_RULES.of(set_up).get(agency_id, USUAL)
