"""The section ``[fbs]`` of tiro.toml.

[fbs]
enabled = true
cross_origin = ["https://library.example.org"]   # web pages that call it from a browser
tokens = "tokens.toml"                            # bearer tokens of a small site, or for tries
category = "adult"                                # of patrons who register on the web

[fbs.provider]                                    # who gives out bearer tokens
introspection = "https://login.example.org/oauth/introspection"
userinfo = "https://login.example.org/userinfo"
client_id = "tiro"
client_secret = "..."
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field

from protocols.hosting.tls import File
from protocols.hosting.validating import written

_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?(/|\Z)")


def _is_safe(address: str) -> str:
    """Tokens and secrets go there: over TLS, or to the same machine."""
    if not (address.startswith("https://") or _LOOPBACK.match(address)):
        raise ValueError("must begin with https://")
    return address


Address = Annotated[str, AfterValidator(_is_safe)]
Origin = Annotated[
    str, written(r"^(\*|https?://[^/\s]+)\Z", "an origin, as in https://example.org, or *")
]


@dataclass(frozen=True)
class ProviderSettings:
    """Who gives out bearer tokens and says what they mean: by introspection (RFC 7662), and, where
    there is a `userinfo`, by it whose they are.

    `parameter` is the name under which the token is sent: ``token`` in a form, as the RFC has it,
    or ``access_token`` in the query, as the common log-in of Danish libraries wants it. An answer
    is believed for `keep_seconds`, and no longer than it says itself.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    introspection: Address
    client_id: str
    client_secret: str = field(repr=False)
    userinfo: Address | None = None
    parameter: Literal["token", "access_token"] = "token"
    patience: Annotated[float, Field(gt=0, le=60)] = 10.0
    keep_seconds: Annotated[float, Field(ge=0, le=3600)] = 60.0


@dataclass(frozen=True)
class FbsSettings:
    """What web sites that speak the external API of FBS may ask, at ``/external`` of the common
    HTTP port.

    A site of the library's own shows the session of a program (`tiro token add`); browsers show
    bearer tokens, which `provider` knows or the file `tokens` lists.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    enabled: bool = False
    #: Origins of web pages that may call it from a browser; ``*``: any.
    cross_origin: tuple[Origin, ...] = ()
    #: Bearer tokens, a file beside tiro.toml (see `protocols.fbs.tokens`).
    tokens: File | None = None
    provider: ProviderSettings | None = None
    #: The category of patrons who register themselves on the web; empty: nobody can.
    category: str = ""
    #: What ``configuration/{key}`` answers: texts, and lists of them.
    configuration: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    #: Requests a second of one bearer token, and how many may come at once.
    requests_per_second: Annotated[float, Field(gt=0)] = 20.0
    burst: Annotated[int, Field(ge=1)] = 100
