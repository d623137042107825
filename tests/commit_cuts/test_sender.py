"""The sender of messages, whose COMMITs are cut: each message is sent once, none is lost."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from catalogue.database import OutcomeUnknown, open_database
from circulation.notices.kinds import NoticeKind
from tests.builders.circulation import Library, a_library, a_patron
from tests.builders.notices import EMAIL, rule, states
from tests.commit_cuts.cutter import CUTS, Cut, Cutter
from tests.conftest import a_postgresql
from tests.protocols.notices.servers import mail_server
from tests.protocols.notices.test_sending import say, sending

#: What the sender's transactions write: the message is claimed, and it was sent.
_STEPS: Final = (EMAIL.encode(), b"@example.org>")


@pytest.fixture(scope="module")
def cutter(postgresql_template: tuple[str, str]) -> Iterator[Cutter]:
    with a_postgresql(postgresql_template) as url, Cutter(url) as cutter:
        yield cutter


def test_a_message_is_sent_once_however_a_commit_of_the_sender_is_cut(
    cutter: Cutter, tmp_path: Path
) -> None:
    with closing(open_database(cutter.url, 4.0)) as database, mail_server() as server:
        library = a_library(database)
        rule(library, "email", kind=NoticeKind.STAFF)
        smtp = {
            "driver": "smtp",
            "host": "localhost",
            "port": server.port,
            "sender": "bib@example.org",
            "security": "none",
        }
        with sending(library, tmp_path, email=smtp) as sender:
            for step in _STEPS:
                for cut in CUTS:
                    card, had = _a_message(library), len(server.mails)
                    order = cutter.order(cut, 0.05, of=step)
                    counts = sender.take_turn(lambda: library.now)
                    assert order.done.is_set(), (step, cut)
                    assert counts["sent"] == 1, (step, cut)
                    assert len(server.mails) == had + 1, (step, cut)
                    assert states(library, card)[-1] == ("staff", "email", "sent"), (step, cut)
            # What cannot be found out: one that may have been sent is listed for staff.
            for step, mails, state in zip(_STEPS, (0, 1), ("unsure", "sent"), strict=True):
                card, had = _a_message(library), len(server.mails)
                cutter.order(Cut.AFTER, 0.05, of=step, shut=math.inf)
                with pytest.raises(OutcomeUnknown):
                    sender.take_turn(lambda: library.now)
                cutter.let_in()
                while database.trouble() is not None:
                    time.sleep(0.05)
                for _ in range(3):
                    library.now += timedelta(minutes=16)
                    sender.take_turn(lambda: library.now)
                assert len(server.mails) == had + mails, step
                assert states(library, card)[-1] == ("staff", "email", state), step


def _a_message(library: Library) -> str:
    card = a_patron(library, email=EMAIL)
    say(library, card)
    return card
