"""PINs, passwords and national numbers are in clear text in no backup, archive or log.

A library is used over SIP2 and NCIP with a national number and its PIN, right and wrong, as people
do at machines, and its staff sign in; then everything that leaves the database is searched for
them, byte by byte.
"""

from __future__ import annotations

import base64
import subprocess
import zlib
from base64 import b32encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from catalogue.database import Database, back_up
from catalogue.database.migrations.running import newest_revision
from circulation.archiving.exporting import export
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.results import UNATTENDED
from circulation.kernel.rights import Right
from circulation.patrons.identifiers import IDENTIFIERS, IdentifierKey, add_identifier, find_patron
from circulation.patrons.pins import hash_pin
from circulation.patrons.seals import Seal
from circulation.setting_up.applying import apply_set_up
from circulation.setting_up.reading import read
from circulation.staff.programs import NewProgram, access_token, add_program
from circulation.staff.results import SignedIn
from circulation.staff.workstations import add_workstation
from protocols.hosting.journal import Journal
from protocols.ncip.exchange import Exchange
from protocols.sip2.settings import Sip2Settings
from protocols.wire.masking import masked
from tests.builders.accounts import COMMAND, a_colleague, at_no_desk, is_let_in, signs_in
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.circulation.staff.test_second_factors import Authenticator
from tests.protocols.ncip.stage import HEADER, SETTINGS, Stage, item, message, typed, user
from tests.protocols.sip2.terminals import PASSWORD, Terminal, an_account

#: A national number of no living person, as it is typed in two ways.
CPR, CPR_WITH_HYPHEN = "0101110000", "010111-0000"
PIN, WRONG_PIN, PARTNER_SECRET = "739154", "864207", "a partner's own secret"
KEY, SEAL_KEY = b"k" * 32, b"s" * 32
STAFF_PASSWORD, WRONG_STAFF_PASSWORD = "porridge with butter", "rye bread and mackerel"
SECRETS = (
    *(CPR, CPR_WITH_HYPHEN, PIN, WRONG_PIN, PASSWORD, PARTNER_SECRET),
    *(STAFF_PASSWORD, WRONG_STAFF_PASSWORD),
)
DAY = timedelta(1)

SET_UP = """
consortium = "Demo"
[agencies.DK-900100]
name = "Public libraries"
[branches.DK-900101]
name = "Main library"
agency = "DK-900100"
[partners.DK-710100]
name = "Interlibrary loan centre"
branch = "DK-900101"
shared_secret = "HASH"
"""


@dataclass
class Used:
    """A library that was used, and where it is."""

    library: Library
    url: str
    made: tuple[str, ...]  # secrets that the engine gave out


@pytest.fixture
def used(database: Database, database_url: str) -> Used:
    key = IdentifierKey(KEY, Seal(SEAL_KEY))
    library = a_library(database)
    library.circulation = Circulation({IDENTIFIERS: key})
    card = a_patron(library, pin_hash=hash_pin(PIN))
    patron_id = library.read(lambda transaction: find_patron(transaction, card))
    assert patron_id is not None
    library.write(
        lambda transaction: add_identifier(
            library.act(transaction, UNATTENDED), patron_id, CPR, "national_id"
        )
    )
    _at_the_machine(library, an_item(library), an_item(library))
    _by_a_partner(library)
    return Used(library, database_url, tuple(_by_the_staff(library)))


def _at_the_machine(library: Library, first: str, second: str) -> None:
    terminal = Terminal(library, Sip2Settings(accounts=(an_account(),)))
    login = f"9300CNkiosk|CO{PASSWORD}|".encode()
    assert terminal.ask(login) == b"941\r"
    date = f"{library.now:%Y%m%d    %H%M%S}"

    def check_out(number: str, pin: str, barcode: str) -> bytes:
        fields = f"AODK-900100|AA{number}|AB{barcode}|AC|AD{pin}|BON|"
        return terminal.ask(f"11YN{date}{date}{fields}".encode())

    assert check_out(CPR, PIN, first).startswith(b"121")
    assert check_out(CPR, PIN, first).startswith(b"121")  # asked again
    assert check_out(CPR_WITH_HYPHEN, WRONG_PIN, second).startswith(b"120")
    assert terminal.ask(f"2300020261125    120000AODK-900100|AA{CPR}|AC|AD{PIN}|".encode())
    terminal.close()


def _by_a_partner(library: Library) -> None:
    stage = Stage(library, SETTINGS, None)  # type: ignore[arg-type]
    journal = Journal(stage.services, 30, lambda seconds, work: None, masked)
    stage.exchange = Exchange(SETTINGS, stage.services, journal)
    secret = f"<FromAgencyAuthentication>{PARTNER_SECRET}</FromAgencyAuthentication>"
    header = HEADER.replace("<ToAgencyId>", f"{secret}<ToAgencyId>")
    for number, pin in ((CPR, PIN), (CPR_WITH_HYPHEN, WRONG_PIN)):
        asked = typed("User Id", number) + typed("PIN", pin)
        assert b"LookupUserResponse" in stage.answer(
            message(f"<LookupUser>{header}{asked}</LookupUser>")
        )
        assert b"LookupUserResponse" in stage.answer(
            message(f"<LookupUser>{header}{user(number)}</LookupUser>")
        )
        assert b"CheckOutItemResponse" in stage.answer(
            message(f"<CheckOutItem>{header}{user(number)}{item('none')}</CheckOutItem>")
        )
    stage.services.close()  # has what was said written down, and waits for it


def _by_the_staff(library: Library) -> Iterator[str]:
    """Staff, programs and a workstation come and sign in."""
    a_colleague(library, password=STAFF_PASSWORD)
    with_rights = NewProgram("bot", library.main.id, [Right.LEND], expires=library.now + DAY)
    program = at_no_desk(
        library, lambda act: add_program(act, COMMAND, with_rights, with_bearer=True)
    )
    assert program.bearer is not None
    yield from (program.secret, program.bearer)
    for secret in (program.secret, STAFF_PASSWORD):
        answer = at_no_desk(
            library,
            lambda act, secret=secret: access_token(act, program.client_id, secret, "::1"),  # type: ignore[misc]
        )
        if isinstance(answer, SignedIn):
            yield answer.token
    key = at_no_desk(library, lambda act: add_workstation(act, "Desk 1", library.main.id))
    yield key
    authenticator = Authenticator(library)
    yield b32encode(authenticator.secret).decode()
    yield authenticator.secret.decode("latin-1")
    yield from authenticator.recovery
    yield from (each.replace("-", "") for each in authenticator.recovery)
    yield is_let_in(library, password=STAFF_PASSWORD, workstation_key=key).token
    for code in (authenticator.code(), authenticator.recovery[0], "000000"):
        signs_in(library, password=STAFF_PASSWORD, code=code, address="198.51.100.4")
    signs_in(library, STAFF_PASSWORD, "anna")  # in the wrong field
    signs_in(library, password=WRONG_STAFF_PASSWORD)


def _leaks(data: bytes, made: Sequence[str] = ()) -> set[str]:
    """The secrets that stand in the data, as text or in hexadecimal."""
    return {
        secret
        for secret in (*SECRETS, *made)
        if secret.encode("latin-1") in data
        or secret.encode("latin-1").hex().encode() in data
        or secret.encode() in data
        or secret.encode().hex().encode() in data
    }


def _decoded(data: bytes) -> bytes:
    """All that is Base64 in an archive's lines, decoded, and unpacked where it is packed: what was
    exchanged with partners, and answers to machines."""
    found = []
    for word in data.replace(b'"', b" ").replace(b",", b" ").split():
        if len(word) >= 16 and len(word) % 4 == 0:
            with suppress(ValueError):
                found.append(base64.b64decode(word, validate=True))
            with suppress(zlib.error, IndexError):
                found.append(zlib.decompress(found[-1]))
    return b"\n".join(found)


def _dump(program: Callable[[str], str], url: str, backup: Path) -> bytes:
    if url.startswith("sqlite"):
        return backup.read_bytes()
    restore = program("pg_restore")
    return subprocess.run(
        [restore, "--file=-", str(backup)], capture_output=True, check=True
    ).stdout


def test_the_search_finds_what_is_there() -> None:
    assert _leaks(b"AA0101110000|") == {CPR}
    assert _leaks(b"\\x" + CPR.encode().hex().encode()) == {CPR}
    assert _leaks(_decoded(b'"%s"' % base64.b64encode(b"AA010111-0000| and more"))) == {
        CPR_WITH_HYPHEN
    }


def test_a_backup_holds_no_secret_in_clear_text(
    used: Used, tmp_path: Path, program: Callable[[str], str]
) -> None:
    back_up(used.url, tmp_path / "backup")
    dump = _dump(program, used.url, tmp_path / "backup")
    assert b"$argon2id$" in dump  # it is the right dump, and the PIN is there as a hash
    assert _leaks(dump, used.made) == set()
    assert (tmp_path / "backup").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_an_archive_holds_no_secret_in_clear_text(used: Used, tmp_path: Path, form: str) -> None:
    folder = tmp_path / "archive"
    export(
        used.library.database,
        folder,
        revision=newest_revision(),
        now=used.library.now,
        form=form,
    )
    data = b"\n".join(path.read_bytes() for path in sorted(folder.iterdir()))
    assert b"$argon2id$" in data
    decoded = _decoded(data)
    assert b"LookupUser" in decoded
    assert _leaks(data, used.made) | _leaks(decoded, used.made) == set()
    assert folder.stat().st_mode & 0o077 == 0


def test_the_number_is_found_and_can_be_written_to_all_the_same(used: Used) -> None:
    library = used.library
    key = IDENTIFIERS.of(library.circulation)
    for written in (CPR, CPR_WITH_HYPHEN):
        assert library.read(
            lambda transaction, written=written: find_patron(transaction, written, key=key)  # type: ignore[misc]
        )


def test_a_set_up_with_a_secret_in_clear_text_is_refused(database: Database) -> None:
    text, now = SET_UP.replace("HASH", PARTNER_SECRET), a_library(database).now
    with pytest.raises(ValueError, match="shared_secret") as refused:
        database.write(
            lambda transaction: apply_set_up(
                Act(transaction, Circulation(), UNATTENDED, now), read(text)
            )
        ).result()
    assert PARTNER_SECRET not in str(refused.value)


def test_the_log_says_nothing_of_them(
    database: Database, caplog: pytest.LogCaptureFixture, make_used: Callable[[], Used]
) -> None:
    caplog.set_level("DEBUG")
    used = make_used()
    assert _leaks(caplog.text.encode(), used.made) == set()


@pytest.fixture
def make_used(request: pytest.FixtureRequest) -> Callable[[], Used]:
    return lambda: request.getfixturevalue("used")
