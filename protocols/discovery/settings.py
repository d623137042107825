"""The section ``[discovery]`` of tiro.toml.

[discovery]
enabled = true
pages = "https://library.example.org/Record/"      # before the number of a title
portals = ["192.0.2.10"]                           # discovery systems of the library's own
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import ConfigDict, Field

from protocols.hosting.networks import Network
from protocols.hosting.validating import Origin, written

#: A URI begins so; what follows is percent-encoded.
Beginning = Annotated[
    str,
    written(
        r"^[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9:/?#\[\]@!$&'()*+,;=._~%-]*\Z",
        "A_BEGINNING_OF_URIS",
    ),
]
#: The address of a web page begins so.
PageBeginning = Annotated[
    str, written(r"^https?://[^\s/?#]+/[A-Za-z0-9:/?#@!$&'()*+,;=._~%-]*\Z", "AN_HTTP_ADDRESS")
]
#: How libraries are called by an ISIL, in DAIA and PAIA.
_ISILS: Final = "http://uri.gbv.de/organization/isil/"


@dataclass(frozen=True)
class DiscoverySettings:
    """What discovery systems (VuFind and others) and apps are answered on the common HTTP port:
    patrons' accounts by PAIA at ``/paia/core`` and ``/paia/auth``, availability by DAIA at
    ``/daia``."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    #: Are they answered at all?
    enabled: bool = False
    #: How the URI of a title begins; its control number follows.
    editions: Beginning = "tiro:title:"
    #: How the URI of a copy begins; its barcode follows.
    items: Beginning = "tiro:item:"
    #: How the URI of a branch or an agency begins; its ISIL follows.
    branches: Beginning = _ISILS
    #: How the address of a title's page on the library's web site begins; its control number
    #: follows. With it DAIA says where a copy can be requested; discovery systems offer no hold
    #: without it.
    pages: PageBeginning | None = None
    #: Do patrons get an access token for card and PIN (PAIA auth)?
    log_in: bool = True
    #: Minutes that an access token is good for.
    token_minutes: Annotated[int, Field(ge=1, le=1440)] = 60
    #: Networks of discovery systems through which patrons come: a wrong PIN counts for its card
    #: alone there, and not for all who come the same way.
    portals: tuple[Network, ...] = ()
    #: Is a copy that is asked for wanted itself? Else any of its title, or of its volume, will do.
    copies_themselves: bool = False
    #: Titles that one answer tells of; it names the address at which it goes on.
    titles_at_once: Annotated[int, Field(ge=1, le=500)] = 100
    #: Origins of web pages that may call from a browser; ``*``: any.
    cross_origin: tuple[Origin, ...] = ("*",)
    #: Requests a second of one access token, or of one address without.
    requests_per_second: Annotated[float, Field(gt=0)] = 20.0
    #: How many of them may come at once.
    burst: Annotated[int, Field(ge=1)] = 100
