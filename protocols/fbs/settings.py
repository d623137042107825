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
from protocols.hosting.validating import Origin

_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?(/|\Z)")


def _is_safe(address: str) -> str:
    """Tokens and secrets go there: over TLS, or to the same machine."""
    if not (address.startswith("https://") or _LOOPBACK.match(address)):
        raise ValueError("must begin with https://")
    return address


Address = Annotated[str, AfterValidator(_is_safe)]


@dataclass(frozen=True)
class ProviderSettings:
    """Who gives out bearer tokens and says what they mean."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    #: Where a token is shown to be told what it means (RFC 7662).
    introspection: Address
    #: Who this server is to the provider.
    client_id: str
    client_secret: str = field(repr=False)
    #: Where is told whose a token is; without it tokens are of the library alone.
    userinfo: Address | None = None
    #: The name under which the token is sent: ``token`` in a form, as the RFC has it, or
    #: ``access_token`` in the query, as the common log-in of Danish libraries wants it.
    parameter: Literal["token", "access_token"] = "token"
    #: Seconds that the provider may take to answer.
    patience: Annotated[float, Field(gt=0, le=60)] = 10.0
    #: For how long an answer is believed, unless it says itself that it ends sooner.
    keep_seconds: Annotated[float, Field(ge=0, le=3600)] = 60.0


@dataclass(frozen=True)
class FbsSettings:
    """What web sites that speak the external API of FBS may ask, at ``/external`` of the common
    HTTP port.

    A site of the library's own shows the session of a program (`tiro token add`); browsers show
    bearer tokens, which `provider` knows or the file `tokens` lists.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    #: Are web sites answered at all?
    enabled: bool = False
    #: Origins of web pages that may call it from a browser; ``*``: any.
    cross_origin: tuple[Origin, ...] = ()
    #: Bearer tokens and what they mean: ``[[tokens]]`` with ``token``, ``agency``, ``patron``.
    tokens: File | None = None
    #: Who gives out bearer tokens.
    provider: ProviderSettings | None = None
    #: The category of patrons who register themselves on the web; empty: nobody can.
    category: str = ""
    #: What ``configuration/{key}`` answers: texts, and lists of them.
    configuration: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    #: Requests a second of one bearer token.
    requests_per_second: Annotated[float, Field(gt=0)] = 20.0
    #: How many of them may come at once.
    burst: Annotated[int, Field(ge=1)] = 100
