"""E-mail against a real SMTP server: TLS, refusals, and what cannot be known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from circulation.notices.kinds import NoticeKind
from protocols.notices.channels import Channel, Doubtful, NotSent, Sent, TryAgain
from tests.builders.certificates import Authority, Issued
from tests.builders.outgoing import NOW, a_message, opened
from tests.protocols.notices.servers import MailServer, mail_server

SENDER = "bibliotek@example.org"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def certificate(authority: Authority) -> Issued:
    return authority.issue("localhost", file="mail", dns=("localhost",))


def channel(folder: Path, server: MailServer, **options: Any) -> Channel:
    values = {"host": "localhost", "port": server.port, "sender": SENDER, "security": "none"}
    return opened("smtp", "email", folder, **values | options)


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[tuple[MailServer, Channel]]:
    with mail_server() as server:
        made = channel(tmp_path, server)
        yield server, made
        made.close()


def test_a_mail_as_it_arrives(plain: tuple[MailServer, Channel]) -> None:
    server, made = plain
    message = a_message()
    outcome = made.send(message, NOW)
    assert outcome == Sent(f"<{message.uuid}@example.org>")
    (mail,) = server.mails
    assert mail["Subject"] == "Lånetiden er udløbet"
    assert mail["From"] == f"Hovedbiblioteket <{SENDER}>"
    assert mail["To"] == mail["X-To"] == "ida@example.org"
    assert mail["Message-ID"] == f"<{message.uuid}@example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "da"
    assert mail["Date"].datetime == NOW
    text, html = mail.iter_parts()
    assert text.get_content().splitlines() == message.body.splitlines()  # type: ignore[attr-defined]
    assert "<li>Peters jul &lt;1866&gt;</li>" in html.get_content()  # type: ignore[attr-defined]
    assert server.senders == [SENDER]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_tls_and_a_password(
    security: str, authority: Authority, certificate: Issued, tmp_path: Path
) -> None:
    options = {"immediate": security == "tls", "password": "secret"}
    with mail_server(certificate, **options) as server:  # type: ignore[arg-type]
        ca_file = str(authority.certificate)
        made = channel(
            tmp_path, server, security=security, ca_file=ca_file, user="tiro", password="secret"
        )
        assert isinstance(made.send(a_message(), NOW), Sent)
        made.close()
        wrong = channel(
            tmp_path, server, security=security, ca_file=ca_file, user="tiro", password="wrong"
        )
        outcome = wrong.send(a_message(), NOW)
        assert isinstance(outcome, TryAgain)
        assert "secret" not in outcome.why
        assert "wrong" not in outcome.why
        wrong.close()
        assert len(server.mails) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_not_taken(
    security: str, certificate: Issued, tmp_path: Path
) -> None:
    with mail_server(certificate, immediate=security == "tls") as server:
        made = channel(tmp_path, server, security=security)
        outcome = made.send(a_message(), NOW)
        assert isinstance(outcome, TryAgain)
        assert "certificate" in outcome.why.lower()
        assert server.mails == []
        made.close()


def test_a_relay_without_tls_is_given_nothing(tmp_path: Path) -> None:
    with mail_server() as server:
        made = channel(tmp_path, server, security="starttls")
        assert isinstance(made.send(a_message(), NOW), TryAgain)
        assert server.mails == []
        made.close()


def test_refusals_are_about_their_recipient_alone(plain: tuple[MailServer, Channel]) -> None:
    server, made = plain
    assert made.send(a_message(address="550@example.org"), NOW) == NotSent("550 not here")
    assert made.send(a_message(address="451@example.org"), NOW) == TryAgain("451 not here")
    assert isinstance(made.send(a_message(), NOW), Sent)
    assert isinstance(made.send(a_message(address="bø@example.org"), NOW), NotSent)
    assert [mail["X-To"] for mail in server.mails] == ["ida@example.org"]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [("554 spam", NotSent("554 spam")), ("452 full", TryAgain("452 full"))],
)
def test_a_text_that_is_refused(
    answer: str, outcome: object, plain: tuple[MailServer, Channel]
) -> None:
    server, made = plain
    server.then = lambda session: answer
    assert made.send(a_message(), NOW) == outcome
    server.then = lambda session: "250 OK"
    assert isinstance(made.send(a_message(), NOW), Sent)


def test_a_connection_that_breaks_after_the_text_is_doubtful(
    plain: tuple[MailServer, Channel],
) -> None:
    server, made = plain

    def hang_up(session: Any) -> str:
        session.transport.abort()
        return "250 OK"

    server.then = hang_up
    outcome = made.send(a_message(), NOW)
    assert isinstance(outcome, Doubtful)
    server.then = lambda session: "250 OK"
    assert isinstance(made.send(a_message(), NOW), Sent)  # over a new connection


def test_nobody_there(tmp_path: Path) -> None:
    made = opened(
        "smtp", "email", tmp_path, host="localhost", port=1, sender=SENDER, security="none"
    )
    assert isinstance(made.send(a_message(), NOW), TryAgain)
    made.close()


def test_what_patrons_may_decline_has_its_own_sender(tmp_path: Path) -> None:
    with mail_server() as server:
        made = channel(
            tmp_path, server, sender_optional="nyt@example.org", replies="svar@example.org"
        )
        for kind in (NoticeKind.DUE_SOON, NoticeKind.OVERDUE):
            made.send(a_message(kind=kind), NOW)
        made.close()
        assert server.senders == ["nyt@example.org", SENDER]
        assert [mail["From"].addresses[0].addr_spec for mail in server.mails] == server.senders
        assert {mail["Reply-To"] for mail in server.mails} == {"svar@example.org"}


def test_nothing_of_a_text_gets_into_the_header(plain: tuple[MailServer, Channel]) -> None:
    server, made = plain
    subject = "Hej\r\nBcc: alle@example.org"
    assert isinstance(made.send(a_message(subject=subject), NOW), Sent)
    (mail,) = server.mails
    assert mail["Subject"] == "Hej Bcc: alle@example.org"
    assert mail["Bcc"] is None
