r"""Conversations a librarian can read, and that are tests: tests/transcripts/sip2/*.txt.

    # explains
    ! charset = "cp850"      an option of the account, at the top
    > 9900802.00             a message of the terminal; its CR is added
    ~ 17...|\r\n             a segment as it is: escapes are read, nothing is added
    < 98YYYYYY...            what comes back: all of it, in this order
    @ 7 days                 time passes
    + 2                      another connection (of that number) speaks from here on
    + 2 over TLS             the same, encrypted; "over TLS as NAME": with a certificate of its own
    + 2 by prompts           the same, on the port that asks for login and password
    + again                  the line broke: a new connection in place of this one
    * check in I0000001      something is done, or looked at, elsewhere in the library: see `ACTS`

``python -m tests.protocols.sip2.transcripts FILE...`` writes the answers into the files anew, and
the checksums of messages that end with ``AYnAZ????``: then read them.
"""

from __future__ import annotations

import codecs
import re
import sys
import tempfile
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from catalogue.database import migrate, open_database
from circulation.callers import terminals
from circulation.fees.rules import FEE_RULES
from circulation.kernel.events import EventKind
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import UNATTENDED, Refused
from circulation.kernel.set_up import set_up_changed
from circulation.loans.lost import declare_lost
from circulation.loans.work_lists import no_block_conflicts
from circulation.patrons.blocks import block_patron, unblock_patron
from circulation.patrons.identifiers import add_identifier, find_patron
from protocols.hosting.tls import PLAIN, Security
from protocols.sip2.prompts import ASK_LOGIN, ASK_PASSWORD
from protocols.sip2.settings import Sip2Settings
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.protocols.sip2.terminals import PASSWORD, Terminal, an_account, hashed, with_checksum

FOLDER = Path(__file__).parents[2] / "transcripts" / "sip2"
_CONNECTION = re.compile(
    r"(?P<name>\S+)(?P<tls> over TLS(?: as (?P<certificate>\S+))?)?(?P<prompts> by prompts)?"
)


def furnish(library: Library) -> None:
    """Three patrons with the PIN 1234, and items, two of them of the other branch."""
    pin = hashed("1234")
    a_patron(library, "P0000001", given_name="Karen", family_name="Blixen", pin_hash=pin)
    a_patron(
        library,
        "P0000002",
        given_name="Søren",
        family_name="Ærø",
        pin_hash=pin,
        birth_date=date(1980, 5, 17),
        expires=date(2027, 6, 30),
    )
    a_patron(
        library,
        "P0000003",
        given_name="Ida\rMarie",
        family_name="Ørsted | Ring",
        pin_hash=pin,
        birth_date=None,
    )
    an_item(library, "I0000001", title="Den afrikanske farm", call_number="Blixen")
    an_item(library, "I0000002", title="Peters jul", material_group="book")
    an_item(library, "I0000003", title="Rødgrød | en kogebog", home=library.other)
    an_item(library, "I0000004", title="Sult")
    an_item(library, "I0000005", title="To linjer\r\nog | et\x00tegn", material_group="film")
    an_item(library, "I0000006", title="Pan", material_group="film")
    an_item(library, "I/7 'a'", title="Mysterier", home=library.other)
    an_item(library, "P0000002", title="Samme nummer")


# What happens elsewhere


def _patron_id(library: Library, card: str) -> int:
    found = library.read(lambda transaction: find_patron(transaction, card))
    assert found is not None
    return found


def _check_in(library: Library, barcode: str, *at: str) -> None:
    assert not isinstance(library.check_in(barcode, at=library.other if at else None), Refused)


def _check_out(library: Library, card: str, barcode: str) -> None:
    assert not isinstance(library.check_out(card, barcode), Refused)


def _block(library: Library, card: str, reason: str) -> None:
    number = _patron_id(library, card)
    library.write(
        lambda transaction: block_patron(
            library.act(transaction, UNATTENDED), number, BlockReason(reason)
        )
    )


def _unblock(library: Library, card: str, reason: str) -> None:
    number = _patron_id(library, card)
    assert library.write(
        lambda transaction: unblock_patron(
            library.act(transaction, UNATTENDED), number, BlockReason(reason)
        )
    )


def _lost(library: Library, barcode: str) -> None:
    answer = library.write(lambda transaction: declare_lost(library.act(transaction), item=barcode))
    assert not isinstance(answer, Refused)


def _email(library: Library, card: str, address: str) -> None:
    number = _patron_id(library, card)
    library.write(
        lambda transaction: add_identifier(
            library.act(transaction, UNATTENDED), number, address, "email"
        )
    )


def _fee_rule(library: Library, *terms: str) -> None:
    given = tomllib.loads("\n".join(term.replace("=", " = ", 1) for term in terms))

    def work(transaction: Any) -> None:
        FEE_RULES.store(transaction, **given)
        set_up_changed(transaction)

    library.write(work)


def _policy(library: Library, *terms: str) -> None:
    library.policy(**tomllib.loads("\n".join(term.replace("=", " = ", 1) for term in terms)))


def _terminal(library: Library, login: str, *options: str) -> None:
    """The set-up has a terminal with this login, and these options, from now on."""
    given = tomllib.loads("\n".join(each.replace("=", " = ", 1) for each in options))

    def work(transaction: Any) -> None:
        terminals.store_terminal(
            transaction,
            terminals.Terminal(
                login=login,
                password=hashed(PASSWORD),
                branch_id=library.main.id,
                own=given,
            ),
        )
        set_up_changed(transaction)

    library.write(work)


def _loans(library: Library, barcode: str, number: str) -> None:
    """The item was lent so often."""
    kinds = [event.kind for event in library.events_of(barcode)]
    assert kinds.count(EventKind.CHECKED_OUT) == int(number)


def _conflicts(library: Library, *reasons: str) -> None:
    """The work list of off-line conflicts holds a line for each of these."""
    found = library.read(no_block_conflicts).lines
    assert [reason.name for line in found for reason in line.reasons] == list(reasons)


ACTS: dict[str, Callable[..., None]] = {
    "check in": _check_in,
    "check out": _check_out,
    "block": _block,
    "unblock": _unblock,
    "lost": _lost,
    "e-mail": _email,
    "fee rule": _fee_rule,
    "loan rule": _policy,
    "terminal": _terminal,
    "was lent": _loans,
    "conflicts": _conflicts,
}


def act(library: Library, text: str) -> None:
    name = next(name for name in ACTS if text.startswith(f"{name} ") or text == name)
    ACTS[name](library, *text.removeprefix(name).split())


# Speaking the lines


def options_of(text: str) -> dict[str, Any]:
    """The account's options; a sorter says so."""
    lines = [line[2:] for line in text.splitlines() if line.startswith("! ")]
    return tomllib.loads("\n".join(lines))


class Speaker:
    """Speaks the lines of a conversation, and gives the answers to each."""

    def __init__(self, library: Library, options: dict[str, Any]) -> None:
        self.library = library
        account = an_account(**options)
        self.charset = account.charset
        self.terminal = Terminal(library, Sip2Settings(accounts=(account,)))
        self._sessions = {"1": self.terminal.session}
        self._number = "1"

    def speak(self, line: str) -> list[str]:
        """What comes back when a line is spoken that is no answer."""
        kind, _, rest = line.partition(" ")
        if kind == ">":
            return self._answers(self.terminal.ask(rest.encode(self.charset)))
        if kind == "~":
            segment = codecs.decode(rest.encode("latin-1", "backslashreplace"), "unicode_escape")
            return self._answers(self.terminal.feed(segment.encode(self.charset)))
        if kind == "@":
            amount, unit = rest.split()
            self.library.pass_time(**{unit: float(amount)})
        elif kind == "+":
            return self._connect(rest)
        elif kind == "*":
            act(self.library, rest)
        else:
            assert kind in ("", "#", "!"), f"what is {line!r}?"
        return []

    def _connect(self, text: str) -> list[str]:
        """Goes on with another connection; a new one may have something to say first."""
        opened = _CONNECTION.fullmatch(text)
        assert opened is not None, text
        which = opened["name"]
        self._sessions[self._number] = self.terminal.session
        if which != "again":
            self._number = which
            if which in self._sessions:
                self.terminal.session = self._sessions[which]
                return []
        names = frozenset(filter(None, [opened["certificate"]]))
        security = Security(True, names) if opened["tls"] else PLAIN
        self.terminal.connect(security=security, way="prompt" if opened["prompts"] else "message")
        return self._answers(self.terminal.feed(b""))

    def _answers(self, data: bytes) -> list[str]:
        *answers, prompt = data.split(b"\r")
        assert prompt.strip(b"\n") in (b"", ASK_LOGIN, ASK_PASSWORD)
        said = [*answers, prompt.strip(b"\n").rstrip()]
        return [each.strip(b"\n").decode(self.charset) for each in said if each]


def _with_sum(line: str, charset: str) -> str:
    if not line.startswith("> ") or not line.endswith("AZ????"):
        return line
    body, _, sequence = line[2:-6].rpartition("AY")
    return "> " + with_checksum(body.encode(charset), int(sequence)).decode(charset)


def filled(library: Library, text: str) -> str:
    """The conversation with the answers that come now."""
    speaker = Speaker(library, options_of(text))
    lines = []
    try:
        for line in text.splitlines():
            if line.startswith("< "):
                continue
            spoken = _with_sum(line, speaker.charset)
            lines.append(spoken)
            lines += [f"< {answer}" for answer in speaker.speak(spoken)]
    finally:
        speaker.terminal.close()
    return "\n".join(lines) + "\n"


def main() -> None:
    for path in map(Path, sys.argv[1:]):
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/tiro.sqlite"
            migrate(url)
            database = open_database(url)
            library = a_library(database)
            furnish(library)
            path.write_text(filled(library, path.read_text(encoding="utf-8")), encoding="utf-8")
            database.close()


if __name__ == "__main__":
    main()
