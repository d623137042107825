"""The settings of a channel that is served by Digital Post.

    [notices.channels.digital_post]
    driver = "digital_post"
    environment = "production"         # or "test"
    cvr = "12345678"                   # of the authority in whose name it is sent
    sender = "Byens Bibliotek"
    certificate = "tls/system.pem"     # the system certificate (OCES3), beside tiro.toml
    key = "tls/system-key.pem"
    callers = ["Beskedfordeler"]       # whose certificate may push receipts to us

National numbers can be written to only where `[circulation] seal_key` is set.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import ConfigDict, Field

from protocols.digital_post.letters import Envelope, PostCategory
from protocols.hosting.validating import written


class What(Enum):
    """What a channel sends. The value is what a configuration holds."""

    DIGITAL_POST = "digital_post"
    NEMSMS = "nemsms"
    LETTER = "letter"
    AUTOMATIC = "automatic"  # Digital Post, or a letter if the platform finds no mailbox


#: What a channel sends by default, by its name.
_BY_NAME: Final = {"nemsms": What.NEMSMS, "print": What.LETTER}


class Place(NamedTuple):
    """Where the services are: their base, and the token service if there is one."""

    url: str
    issue_url: str = ""


PLACES: Final[dict[tuple[str, str], Place]] = {
    ("sf1601", "test"): Place(
        "https://exttest.serviceplatformen.dk",
        "https://n2adgangsstyring.eksterntest-stoettesystemerne.dk"
        "/runtime/api/rest/wstrust/v1/issue",
    ),
    ("sf1601", "production"): Place(
        "https://prod.serviceplatformen.dk",
        "https://n2adgangsstyring.stoettesystemerne.dk/runtime/api/rest/wstrust/v1/issue",
    ),
    ("direct", "test"): Place("https://api.test.digitalpost.dk/apis/v1"),
    ("direct", "production"): Place("https://api.digitalpost.dk/apis/v1"),
}

_Https = Annotated[
    str,
    Field(max_length=256),
    written(r"^https://[^\s/?#]+([/?#]\S*)?\Z", "AN_HTTPS_ADDRESS"),
]
_Name = Annotated[str, Field(min_length=1, max_length=256)]


@dataclass(frozen=True)
class DigitalPostSettings:
    """See the module. `route`: the municipal one (SF1601), or the platform's own interface.

    `sends` is one of `What`; by default the channel's name decides. `system` is what the platform
    calls our system, `url` and `issue_url` replace the addresses of `environment`. `payment_url`
    becomes a button on messages about money, `account_url` on the others. `nemsms_text`: the
    neutral subject and the library, or the whole text, which may name titles. `letter_type`,
    `category` and `envelope` are for letters, as agreed on with the print supplier. The direct
    route asks for receipts every `poll_seconds`; pushed ones are accepted from `callers` (names in
    verified certificates), or from whoever knows `push_secret`, the last part of the path that they
    are pushed to.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    environment: Literal["test", "production"]
    cvr: Annotated[str, written(r"^[0-9]{8}\Z", "A_CVR_NUMBER")]
    sender: _Name
    certificate: _Name
    key: _Name
    route: Literal["sf1601", "direct"] = "sf1601"
    sends: What | None = None
    memo: Literal["1.1", "1.2"] = "1.2"
    system: _Name = "tiro"
    url: _Https | None = None
    issue_url: _Https | None = None
    authorities: str | None = None
    timeout: Annotated[float, Field(gt=0, le=600)] = 60.0
    payment_url: _Https | None = None
    account_url: _Https | None = None
    nemsms_text: Literal["subject", "body"] = "subject"
    letter_type: Annotated[int, Field(ge=1)] | None = None
    category: PostCategory = PostCategory.ECONOMIQUE
    envelope: Envelope = Envelope.C5
    poll_seconds: Annotated[float, Field(ge=0, le=86_400)] = 60.0
    callers: tuple[_Name, ...] = ()
    push_secret: Annotated[str, written(r"^[A-Za-z0-9_-]{16,128}\Z", "A_KEY")] | None = None

    @property
    def place(self) -> Place:
        known = PLACES[self.route, self.environment]
        return Place(self.url or known.url, self.issue_url or known.issue_url)

    def what(self, channel: str) -> What:
        """What the channel of that name sends. Raises ValueError if it cannot."""
        sends = self.sends or _BY_NAME.get(channel, What.DIGITAL_POST)
        if sends in (What.LETTER, What.AUTOMATIC):
            if self.route != "sf1601":
                raise ValueError(f"{channel}: letters go by route sf1601 alone")
            if self.letter_type is None:
                raise ValueError(f"{channel}: letters need letter_type")
        return sends
