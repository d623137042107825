"""What everybody may know of the library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LibraryBranch:
    """A branch, the name of its agency, and the time zone of its clock (IANA)."""

    isil: str
    name: str
    agency: str
    agency_name: str
    timezone: str


@dataclass(frozen=True, slots=True)
class MaterialGroup:
    """A kind of material. `is_bookable`: copies of it are booked as sets, by those who may."""

    code: str
    name: str
    is_bookable: bool


@dataclass(frozen=True, slots=True)
class Library:
    """The library's name, its branches by name, its kinds of material by code; by agency the page
    where one pays what one owes to it, where it has one."""

    name: str
    branches: tuple[LibraryBranch, ...]
    material_groups: tuple[MaterialGroup, ...]
    payment_pages: Mapping[str, str]
