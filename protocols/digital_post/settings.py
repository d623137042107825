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
    """Digital Post, NemSMS and letters of a Danish authority."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    #: The services of production, or those for tests.
    environment: Literal["test", "production"]
    #: CVR number of the authority in whose name messages are sent.
    cvr: Annotated[str, written(r"^[0-9]{8}\Z", "A_CVR_NUMBER")]
    #: Name of the sender, which recipients see.
    sender: _Name
    #: The system certificate (OCES3), beside tiro.toml where it is relative.
    certificate: _Name
    #: The key of `certificate`.
    key: _Name
    #: The municipal route (SF1601), or the platform's own interface.
    route: Literal["sf1601", "direct"] = "sf1601"
    #: Digital Post, NemSMS, letters, or automatic; without it, the channel's name decides.
    sends: What | None = None
    #: Version of MeMo, the form of messages.
    memo: Literal["1.1", "1.2"] = "1.2"
    #: Name of our system on the platform.
    system: _Name = "tiro"
    #: Replaces the address of the services of `environment`.
    url: _Https | None = None
    #: Replaces the address of the token service of `environment`.
    issue_url: _Https | None = None
    #: Authorities by which its certificate is verified; without it, those of the system.
    authorities: str | None = None
    #: Seconds that an answer may take.
    timeout: Annotated[float, Field(gt=0, le=600)] = 60.0
    #: Becomes a button on messages about money.
    payment_url: _Https | None = None
    #: Becomes a button on other messages.
    account_url: _Https | None = None
    #: The neutral subject and the library, or the whole text, which may name titles.
    nemsms_text: Literal["subject", "body"] = "subject"
    #: Type of letter, as agreed with the print supplier; needed for letters.
    letter_type: Annotated[int, Field(ge=1)] | None = None
    #: Postal category of letters.
    category: PostCategory = PostCategory.ECONOMIQUE
    #: Envelope of letters.
    envelope: Envelope = Envelope.C5
    #: Seconds between requests for receipts on the direct route.
    poll_seconds: Annotated[float, Field(ge=0, le=86_400)] = 60.0
    #: Names in certificates whose holders may push receipts.
    callers: tuple[_Name, ...] = ()
    #: The last part of the path for pushed receipts, where no certificate is verified.
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
