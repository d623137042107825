"""A whole session with a real server by each client on PyPI.

Each logs in, asks for status, patron and item, borrows, renews, places and cancels a hold, pays a
fee, gives back, and ends the session of its patron.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pysip2  # type: ignore[import-not-found,unused-ignore]
import pytest
from Sip2.sip2 import Sip2  # type: ignore[import-untyped]

from catalogue.database import open_database
from protocols.sip2.asking.line import open_line
from tests.builders.circulation import a_library, a_patron, an_item
from tests.builders.fees import fee_rule
from tests.builders.pins import hashed
from tests.protocols.sip2.serving import serving
from tests.protocols.sip2.terminals import PASSWORD

DATE = "20261125    120000"


@pytest.fixture(scope="module")
def port(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A server over a library that takes 5.00 for a loan; each patron has one of ten days ago."""
    folder = tmp_path_factory.mktemp("clients")
    path = folder / "tiro.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    database = open_database(f"sqlite:///{path}")
    library = a_library(database)
    fee_rule(library, currency="DKK", loan_fee=500)
    library.pass_time(days=-10)
    pin = hashed("1234")
    for number in range(4):
        a_patron(library, f"P{number}", pin_hash=pin)
        for kind in "ABC":
            an_item(library, f"{kind}{number}", title=f"Bøg {kind}{number}")
        library.check_out(f"P{number}", f"B{number}", fee_acknowledged=True)
    database.close()
    with serving(f"sqlite:///{path}", folder / "log") as server:
        yield server.port


@pytest.mark.parametrize("has_checksum", [True, False], ids=["checksums", "plain"])
def test_the_client_of_the_package_sip2(port: int, has_checksum: bool) -> None:
    number = 0 if has_checksum else 1
    sip = Sip2()
    settings = {
        "hostName": "127.0.0.1",
        "hostPort": port,
        "tlsEnable": False,
        "hostEncoding": "utf-8",
        "withCrc": has_checksum,
        "withSeq": has_checksum,
        "institutionId": "DK-900100",
        "scLocation": "DK-900101",
        "patron": f"P{number}",
        "patronpwd": "1234",
        "logfile_path": tempfile.gettempdir(),  # else it writes into the folder we are in
    }
    for name, value in settings.items():
        assert hasattr(sip, name)
        setattr(sip, name, value)
    with contextlib.redirect_stdout(io.StringIO()):
        assert sip.connect()

    def ask(name: str, *arguments: Any, **options: Any) -> Any:
        request = getattr(sip, f"sip_{name}_request")(*arguments, **options)
        return getattr(sip, f"sip_{name}_response")(sip.get_response(request))

    item, old, wanted = f"A{number}", f"B{number}", f"C{3 - number}"
    assert ask("login", "kiosk", PASSWORD)["fixed"]["Ok"] == "1"
    assert ask("sc_status")["fixed"]["OnlineStatus"] == "Y"
    assert ask("patron_status")["variable"]["CQ"] == ["Y"]
    assert ask("patron_information", "charged")["variable"]["AU"] == [old]
    assert ask("item_information", item)["variable"]["AJ"] == [f"Bøg {item}"]
    assert ask("checkout", item, feeAcknowledged="Y")["fixed"]["Ok"] == "1"
    assert ask("renew", old, feeAcknowledged="Y")["fixed"]["Ok"] == "1"
    held = ask("hold", "+", itemIdentifier=wanted, pickupLocation="DK-900101")
    assert held["fixed"]["Ok"] == "1"
    assert ask("hold", "-", itemIdentifier=wanted)["fixed"]["Ok"] == "1"
    paid = ask("fee_paid", 4, 0, "10.00", currencyType="DKK")
    assert paid["fixed"]["PaymentAccepted"] == "Y"
    back = ask("checkin", item)
    assert (back["fixed"]["Ok"], back["variable"]["AJ"]) == ("1", [f"Bøg {item}"])
    assert ask("end_patron_session")["fixed"]["EndSession"] == "Y"
    sip.disconnect()


@pytest.mark.parametrize("has_checksum", [True, False], ids=["checksums", "plain"])
def test_the_messages_of_pysip2(port: int, has_checksum: bool) -> None:
    """It has no client: its messages and codec are used as one would."""
    number = 2 if has_checksum else 3
    card, item, old, wanted = f"P{number}", f"A{number}", f"B{number}", f"C{3 - number}"
    who = {"institution_id": "DK-900100", "patron_identifier": card, "patron_password": "1234"}
    dated = {"transaction_date": DATE, "terminal_password": ""}
    numbers = iter(range(100))

    with open_line("127.0.0.1", port) as line:

        def ask(name: str, **fields: Any) -> Any:
            request = getattr(pysip2, f"{name}Request")(**fields)
            sequence = next(numbers) % 10 if has_checksum else None
            line.send(
                pysip2.encode_message(
                    request, sequence_number=sequence, checksum=has_checksum, encoding="utf-8"
                )
            )
            frame = line.frame()
            assert frame is not None
            answer = pysip2.decode_message(frame + b"\r", encoding="utf-8")
            assert answer.sequence_number == sequence
            return answer.message

        account = {"login_user_id": "kiosk", "login_password": PASSWORD}
        assert ask("Login", uid_algorithm="0", pwd_algorithm="0", **account).ok == "1"
        status = ask("SCStatus", status_code="0", max_print_width="080", protocol_version="2.00")
        assert status.online_status == "Y"
        assert len(status.supported_messages) == 16
        assert ask("PatronStatus", language="000", **dated, **who).valid_patron_password == "Y"
        charged = ask("PatronInformation", language="000", summary="  Y       ", **dated, **who)
        assert charged.charged_items == (old,)
        about = {"institution_id": "DK-900100", "item_identifier": item}
        assert ask("ItemInformation", **dated, **about).title_identifier == f"Bøg {item}"
        lent = {"nb_due_date": DATE, "no_block": "N", "fee_acknowledged": "Y"}
        out = ask("Checkout", sc_renewal_policy="N", item_identifier=item, **lent, **dated, **who)
        assert out.ok == "1"
        again = ask("Renew", third_party_allowed="N", item_identifier=old, **lent, **dated, **who)
        assert (again.ok, again.renewal_ok) == ("1", "Y")
        wish = {"item_identifier": wanted, "pickup_location": "DK-900101"}
        assert ask("Hold", hold_mode="+", **wish, **dated, **who).ok == "1"
        assert ask("Hold", hold_mode="-", **wish, **dated, **who).ok == "1"
        money = {"fee_type": "04", "payment_type": "00", "currency_type": "DKK"}
        paid = ask(
            "FeePaid", fee_amount="10.00", transaction_id=f"T{number}", **money, **dated, **who
        )
        assert (paid.payment_accepted, paid.transaction_id) == ("Y", f"T{number}")
        back = ask("Checkin", no_block="N", return_date=DATE, current_location="", **about, **dated)
        assert (back.ok, back.permanent_location) == ("1", "DK-900101")
        assert ask("EndPatronSession", **dated, **who).end_session == "Y"
