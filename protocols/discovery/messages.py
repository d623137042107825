"""A request over HTTP as it came, the answer as it goes, and what bodies hold: values without a
network. Names are those of PAIA 1.4."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from circulation.languages.sentences import Sentence

JSON: Final = "application/json; charset=utf-8"
JAVASCRIPT: Final = "application/javascript; charset=utf-8"
#: The most documents of one request.
MOST: Final = 100
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x20<>\"\\^`{|}\x7f]+")


class Asked(NamedTuple):
    """What came: `path` behind ``/paia`` or ``/daia``, in its parts; `query` and `body` as sent.

    `header` gives the last header of a name in lower case, None where there is none. `host` is the
    address of who asks, `url` where they asked, without the query, as far as it can be told.
    """

    method: str
    path: tuple[str, ...]
    query: bytes
    body: bytes
    header: Callable[[str], str | None]
    host: str
    url: str = ""


class Answer(NamedTuple):
    """What goes. Without a value it has no body."""

    status: int
    value: Any = None
    headers: tuple[tuple[str, str], ...] = ()


class Sent(NamedTuple):
    """An answer as its octets go."""

    status: int
    body: bytes
    media_type: str
    headers: tuple[tuple[str, str], ...]


def _is_uri(text: str) -> str:
    if not _URI.fullmatch(text):
        raise ValueError(Sentence("MUST", what=Sentence("A_URI")))
    return text


def _is_text(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must be a text that can be written")
    return text


Uri = Annotated[str, Field(max_length=500), AfterValidator(_is_uri)]
Word = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_is_text)]
#: What is never shown again, in an error or a log.
Secret = Annotated[str, Field(max_length=200, repr=False), AfterValidator(_is_text)]


class Body(BaseModel):
    """Fields that no model names are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Document(Body):
    """PAIA 3.4-3.6: a document to request, renew or cancel, by copy, title or both."""

    item: Uri | None = None
    edition: Uri | None = None
    #: From the URI of a kind of condition to the URIs of what is chosen (2.10).
    confirm: Mapping[str, tuple[str, ...]] | None = None
    storageid: Uri | None = None  # deprecated: a confirmation goes before it

    @property
    def named(self) -> dict[str, str]:
        """As the answer repeats it."""
        told = {"item": self.item, "edition": self.edition}
        return {name: uri for name, uri in told.items() if uri is not None}


class Documents(Body):
    doc: Annotated[tuple[Document, ...], Field(min_length=1, max_length=MOST)]


class PatronChange(Body):
    """PAIA 3.2: what is given is changed."""

    name: Annotated[str, Field(max_length=500)] | None = None
    email: Annotated[str, Field(max_length=200)] | None = None
    address: Annotated[str, Field(max_length=1000)] | None = None


class Login(Body):
    """PAIA 4.1. `patron` is who a program vouches for, with ``client_credentials``."""

    grant_type: Word
    username: Secret = ""
    password: Secret = ""
    patron: Secret = ""
    scope: Annotated[str, Field(max_length=500)] | None = None


class Logout(Body):
    """PAIA 4.2."""

    patron: Word


class Change(Body):
    """PAIA 4.3."""

    patron: Word
    username: Word
    old_password: Secret
    new_password: Secret
