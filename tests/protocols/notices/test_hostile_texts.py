"""Names and titles that want more than to be read: in mails, letters and texts they are words.

Whoever registers on the web chooses a name, and records come from anywhere. None of it gets into a
header, begins a line of its own, or becomes markup, a link or a command.
"""

from __future__ import annotations

import json
import re
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final

import pytest
from lxml import etree, html

from circulation.notices.composing import Text
from circulation.notices.contents import Contents
from circulation.notices.kinds import NoticeKind
from circulation.notices.persons import Person
from protocols.notices.channels import Sent
from tests.builders.outgoing import BRANCH, NOW, a_message, opened
from tests.circulation.notices.test_templates import BOOKING, CHARGE, EMAIL, HOLD, LOAN, made
from tests.protocols.notices.servers import gateway, mail_server

HOSTILE: Final = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "a link": '<a href="https://evil.example">Betal her</a>',
    "a header": "Ida\r\nBcc: alle@example.org\r\n\r\nHej",
    "an encoded header": "=?utf-8?q?Ida=0D=0ABcc=3A_alle=40example=2Eorg?=",
    "an entry of a list": "Ida\n* Du skylder 5000 kr., betal til evil.example",
    "a paragraph": "Ida\n\nDit kort er spærret.",
    "other line ends": "Ida\u2028Bcc: x\u2029y\x85z\x0bv\x0cw\x1ct",
    "control characters": "I\x00d\x07a\x1b[2J\x1b]0;x\x07\x7f\x9b31m",
    "the other direction": "Ida \u202egpj.exe\u202c \u2066x\u2069",
    "a template": "{{ facts }}{% include '/etc/passwd' %}",
    "the end of a mail": "Ida\r\n.\r\nMAIL FROM:<x@y.z>",
    "a letter of PostScript": "(Ida) Tj ET /JS (x) ",
    "code of Typst": '#panic() #read("/etc/passwd") \\u{41} $x$ `y` @z <l> *b* _e_ // -- [x]',
    "half a character": "Ida \ud83d",
    "very long": "Æ" * 5000,
}
#: What no text that leaves the house has in it, but for the ends of its own lines.
UNSEEN: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
HEADERS: Final = {
    *("Message-ID", "Date", "From", "To", "Subject", "Auto-Submitted", "Content-Language"),
    *("MIME-Version", "Content-Type", "X-Peer", "X-MailFrom", "X-RcptTo", "X-From", "X-To"),
}
KINDS: Final = (NoticeKind.OVERDUE, NoticeKind.HOLD_READY, NoticeKind.BILL)


def told(kind: NoticeKind, channel: str, text: str) -> Text:
    """A message about a child of that name, with loans, holds and bookings of that title."""
    loan = LOAN._replace(title=text, author=text)
    hold = HOLD._replace(title=text, author=text)
    contents = Contents([loan], [hold], [CHARGE], [BOOKING._replace(title=text)])
    child = Person(2, 1, "child", text, text, "da", EMAIL, "", None)
    return made(kind, channel, contents=contents, about=child)


def ordinary(kind: NoticeKind, channel: str) -> Text:
    return told(kind, channel, "Et navn")


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channel", ["email", "sms", "print"])
def test_a_text_has_its_own_lines_alone(kind: NoticeKind, channel: str, name: str) -> None:
    said, usual = told(kind, channel, HOSTILE[name]), ordinary(kind, channel)
    assert len(said.body.splitlines()) == len(usual.body.splitlines())
    assert not UNSEEN.search(said.body)
    assert not UNSEEN.search(said.subject)
    assert "\n" not in said.subject
    said.body.encode()  # and nothing is half a character


@pytest.mark.parametrize("name", HOSTILE)
def test_a_mail_has_its_own_headers_and_no_markup(name: str, tmp_path: Path) -> None:
    text = HOSTILE[name]
    said = told(NoticeKind.OVERDUE, "email", text)
    with mail_server() as server:
        mails = opened(
            *("smtp", "email", tmp_path),
            host="localhost",
            port=server.port,
            security="none",
            sender="bibliotek@example.org",
        )
        # The subject is a template's, but a library may have put the name of somebody into it.
        branch = BRANCH._replace(name=text[:60])
        message = a_message(subject=text[:900], body=said.body, recipient=text, branch=branch)
        outcome = mails.send(message, NOW)
        mails.close()
        assert isinstance(outcome, Sent)
        (mail,) = server.mails
    assert isinstance(mail, EmailMessage)
    assert {*mail.keys()} <= HEADERS
    assert len(mail.keys()) == len({*mail.keys()})
    assert str(mail["To"]) == "ida@example.org"
    assert "\n" not in str(mail["Subject"])
    plain, marked_up = mail.iter_parts()
    content = plain.get_content()  # type: ignore[attr-defined]
    assert content.splitlines() == said.body.splitlines()
    document = html.document_fromstring(marked_up.get_content())  # type: ignore[attr-defined]
    assert {each.tag for each in document.iter(etree.Element)} <= {
        *("html", "head", "meta", "body", "p", "br", "ul", "li")
    }
    assert all(not each.attrib for each in document.iter("p", "br", "ul", "li", "body"))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_gateway_gets_one_text_for_one_telephone(name: str, tmp_path: Path) -> None:
    said = told(NoticeKind.HOLD_READY, "sms", HOSTILE[name])
    with gateway() as server:
        texts = opened("http_sms", "sms", tmp_path, url=server.url, token="t", sender="Biblio")
        message = a_message(channel="sms", address="+4522334455", body=said.body)
        assert isinstance(texts.send(message, NOW), Sent)
        (asked,) = server.asked
    assert asked.body["recipients"] == [{"msisdn": 4522334455}]
    assert asked.body["message"] == said.body
    assert "\n" not in asked.body["message"]


def _without_texts(pdf: bytes) -> bytes:
    """What a PDF tells its reader to do: its objects without streams and strings."""
    pdf = re.sub(rb"stream\r?\n.*?endstream", b"", pdf, flags=re.DOTALL)
    is_more = 1
    while is_more:  # a string may have brackets in it
        pdf, is_more = re.subn(rb"\((?:\\.|[^\\()])*\)", b"", pdf, flags=re.DOTALL)
    return pdf


@pytest.mark.parametrize("name", HOSTILE)
def test_a_letter_draws_words_and_nothing_else(name: str, tmp_path: Path) -> None:
    text = HOSTILE[name]
    said = told(NoticeKind.BILL, "print", text)
    letters: Any = opened("print", "print", tmp_path, folder="paper")
    fields = {"channel": "print", "recipient": text, "postal": f"{text}\nStoregade 1, 1000 By"}
    assert letters.send(a_message(body=said.body, subject=text, **fields), NOW) == Sent()
    assert letters.send(a_message(id=2, **fields | {"recipient": "Bo"}), NOW) == Sent()
    letters.collect(lambda reports: None)
    (made_of,) = (tmp_path / "paper").glob("*.pdf")
    pdf = _without_texts(made_of.read_bytes())
    for command in (b"/JavaScript", b"/JS", b"/URI", b"/Launch", b"/Annots", b"/OpenAction"):
        assert command not in pdf
    assert len(re.findall(rb"/Type ?/Page\b", pdf)) >= 2
    for kept in (tmp_path / "paper" / "printed").glob("*.json"):
        assert not UNSEEN.search(json.loads(kept.read_bytes())["recipient"])
