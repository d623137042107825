"""What a terminal and the server have agreed on so far, which decides how messages are written."""

from __future__ import annotations

from collections.abc import Callable

from protocols.sip2.codec import encode
from protocols.sip2.messages import (
    EndPatronSession,
    Login,
    PatronInformation,
    PatronStatusRequest,
    Request,
    Response,
    SCStatus,
)
from protocols.sip2.wire.text import Dialect

#: No language was chosen.
NO_LANGUAGE = "000"


class Agreed:
    """The agreements of one connection. `width` is that of lines of AF and AG, None for any;
    `version` the major version of the protocol; `language` the code that the terminal's patron has
    chosen."""

    __slots__ = ("dialect", "language", "version", "width")

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.width: int | None = None
        self.version = 2
        self.language = NO_LANGUAGE

    def note(self, message: Request) -> None:
        """Notes what later answers depend on."""
        if isinstance(message, SCStatus):
            self.width = message.max_print_width
            self.version = 1 if message.protocol_version.strip().startswith("1") else 2
        elif isinstance(message, Login):
            self.version = 2  # protocol 1.00 has no 93
        elif isinstance(message, PatronStatusRequest | PatronInformation):
            self.language = message.language
        elif isinstance(message, EndPatronSession):
            self.language = NO_LANGUAGE

    def writer(self) -> Callable[[Response], bytes]:
        """A function, for any thread, that writes the body of a response as agreed now."""
        dialect, width, version = self.dialect, self.width, self.version
        return lambda response: encode(response, dialect, width, version)
