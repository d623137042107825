"""Setting up a second factor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from protocols.api.models.common import Request, Secret


class OwnPassword(Request):
    """The password of whoever is signed in."""

    password: Secret


class Code(Request):
    """Six digits of an authenticator."""

    code: Annotated[str, Field(min_length=6, max_length=20)]


@dataclass(frozen=True, slots=True)
class NewSecondFactor:
    """`secret` in base 32, and the text of a QR code with it."""

    secret: str
    uri: str


@dataclass(frozen=True, slots=True)
class RecoveryCodes:
    """Each lets its owner in once in place of a code."""

    codes: tuple[str, ...]
