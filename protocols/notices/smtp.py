"""E-mail over SMTP (RFC 5321), with TLS from the first byte or by STARTTLS (RFC 3207).

One connection is kept for the messages of a turn, and each has one recipient, so that it is clear
whom a refusal is about. The Message-ID is made from the message's id, but SMTP servers do not look
at it: if the connection breaks after the text was handed over, staff must decide.
"""

from __future__ import annotations

import contextlib
import html
import re
import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from circulation.notices.kinds import TRAITS
from circulation.notices.plain_values import one_line
from protocols.notices.channels import (
    Doubtful,
    NotSent,
    Outcome,
    Outgoing,
    Sent,
    Surroundings,
    TryAgain,
)
from protocols.notices.quiet_channel import QuietChannel

#: Seven bits for old relays; headers as RFC 5322 wants them.
_POLICY = SMTP.clone(cte_type="7bit")
#: Codes from 500 on that are about the session, not the message (RFC 5321, RFC 4954): wrong order
#: or no authentication.
_OF_SESSION = frozenset({500, 501, 502, 503, 504, 530, 534, 535, 538})
_BREAKS = re.compile(r"[\r\n]+")


@dataclass(frozen=True)
class SmtpSettings:
    """The mail server of the library."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    #: The mail server.
    host: str
    #: The address in From.
    sender: str
    #: Port of the mail server.
    port: Annotated[int, Field(ge=0, le=65535)] = 587
    #: STARTTLS (RFC 3207), TLS from the first byte, or none.
    security: Literal["starttls", "tls", "none"] = "starttls"
    #: Name for signing in at the mail server; without it, no sign-in.
    user: str | None = None
    #: Password of `user`.
    password: str | None = None
    #: The address in From of messages that patrons may decline; else `sender`.
    sender_optional: str | None = None
    #: Where answers go (Reply-To).
    replies: str | None = None
    #: Authorities by which its certificate is verified; without it, those of the system.
    ca_file: str | None = None
    #: Seconds that an answer may take.
    timeout: Annotated[float, Field(gt=0, le=600)] = 30.0


class SmtpChannel(QuietChannel):
    """See the module."""

    knows_ids = False

    def __init__(self, settings: SmtpSettings, context: ssl.SSLContext | None) -> None:
        self._settings = settings
        self._context = context
        self._connection: smtplib.SMTP | None = None

    def send(self, message: Outgoing, now: datetime) -> Outcome:
        email = self._email(message, now)
        try:
            connection = self._connected()
        except smtplib.SMTPAuthenticationError as error:
            return TryAgain(f"the relay does not let us in: {_answer(error)}")
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return TryAgain(f"no connection to the relay: {error}")
        return self._give(connection, email, message)

    def _give(self, connection: smtplib.SMTP, email: EmailMessage, message: Outgoing) -> Outcome:
        sender, address = self._sender(message), message.address
        try:
            code, answer = connection.mail(sender)
            if code != 250:
                return self._refused(code, answer)
            code, answer = connection.rcpt(address)
            if code not in (250, 251):
                return self._refused(code, answer)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return TryAgain(f"the relay hung up: {error}")
        except UnicodeEncodeError:
            connection.rset()
            return NotSent("the relay takes no such address")
        try:
            code, answer = connection.data(email.as_bytes(policy=_POLICY))
        except smtplib.SMTPDataError as error:
            return self._refused(error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return Doubtful(f"the relay hung up when it had the text: {error}")
        if code != 250:
            return self._refused(code, answer)
        return Sent(email["Message-ID"])

    def _refused(self, code: int, answer: bytes | str) -> Outcome:
        told = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
        why = f"{code} {_BREAKS.sub(' ', told)}"[:300]
        if self._connection is not None:
            try:
                self._connection.rset()
            except (OSError, smtplib.SMTPException):
                self._drop()
        is_final = code >= 500 and code not in _OF_SESSION
        return NotSent(why) if is_final else TryAgain(why)

    def _connected(self) -> smtplib.SMTP:
        if self._connection is not None:
            try:
                if self._connection.noop()[0] == 250:
                    return self._connection
            except (OSError, smtplib.SMTPException):
                pass
            self._drop()
        settings = self._settings
        made: smtplib.SMTP
        if settings.security == "tls":
            made = smtplib.SMTP_SSL(
                settings.host, settings.port, timeout=settings.timeout, context=self._context
            )
        else:
            made = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout)
        self._connection = made
        if settings.security == "starttls":
            made.starttls(context=self._context)
        made.ehlo_or_helo_if_needed()
        if settings.user is not None:
            made.login(settings.user, settings.password or "")
        return made

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._connection.quit()
            self._drop()

    def _sender(self, message: Outgoing) -> str:
        """The sender on the envelope and in the message: the two are compared (DMARC)."""
        settings = self._settings
        if TRAITS[message.kind].is_optional and settings.sender_optional is not None:
            return settings.sender_optional
        return settings.sender

    def _email(self, message: Outgoing, now: datetime) -> EmailMessage:
        settings, sender = self._settings, self._sender(message)
        email = EmailMessage(policy=_POLICY)
        email["Message-ID"] = f"<{message.uuid}@{sender.rpartition('@')[2]}>"
        email["Date"] = format_datetime(now)
        email["From"] = formataddr((_in_header(message.branch.name), sender))
        email["To"] = message.address
        email["Subject"] = _in_header(message.subject)
        if settings.replies:
            email["Reply-To"] = settings.replies
        email["Auto-Submitted"] = "auto-generated"  # RFC 3834: machines must not answer
        email.set_content(message.body + "\n")
        email.add_alternative(_html(message), subtype="html")
        email["Content-Language"] = message.language  # not before: it would end up in a part
        return email


def _in_header(text: str) -> str:
    """Words for a header, on one line. The library of Python takes what looks like an encoded word
    (RFC 2047) for one, line ends in it included, so nothing may look like one."""
    return " ".join(one_line(text).split()).replace("=?", "= ?")


def _html(message: Outgoing) -> str:
    """The text as HTML: paragraphs, and lists of lines that begin with a star."""
    parts = []
    for paragraph in message.body.split("\n\n"):
        lines = paragraph.splitlines()
        items = [line[2:] for line in lines if line.startswith("* ")]
        words = "<br>\n".join(html.escape(line) for line in lines if not line.startswith("* "))
        if words:
            parts.append(f"<p>{words}</p>")
        if items:
            told = "\n".join(f"<li>{html.escape(item)}</li>" for item in items)
            parts.append(f"<ul>\n{told}\n</ul>")
    body = "\n".join(parts)
    language = html.escape(message.language)
    return f'<!DOCTYPE html>\n<html lang="{language}">\n<body>\n{body}\n</body>\n</html>\n'


def _answer(error: smtplib.SMTPResponseException) -> str:
    told: bytes | str = error.smtp_error
    words = told.decode("utf-8", "replace") if isinstance(told, bytes) else told
    return f"{error.smtp_code} {words}"


class SmtpDriver:
    """Entry point ``smtp``."""

    settings = SmtpSettings

    def open(self, name: str, settings: SmtpSettings, around: Surroundings) -> SmtpChannel:
        context = None
        if settings.security != "none":
            ca_file = None if settings.ca_file is None else str(around.folder / settings.ca_file)
            context = ssl.create_default_context(cafile=ca_file)
        return SmtpChannel(settings, context)


driver = SmtpDriver()
