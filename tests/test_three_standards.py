"""One loan seen through three standards, by clients that others wrote."""

from __future__ import annotations

import html
import re
import subprocess
import urllib.request
from collections.abc import Callable
from typing import Any

from Sip2.wrapper import Sip2Wrapper  # type: ignore[import-untyped]

from tests.servers import RunningServer

Program = Callable[[str], str]

NCIP_LOOKUP = """<?xml version="1.0" encoding="UTF-8"?>
<ncip:NCIPMessage xmlns:ncip="http://www.niso.org/2008/ncip"
    ncip:version="http://www.niso.org/schemas/ncip/v2_02/ncip_v2_02.xsd">
  <ncip:LookupItem>
    <ncip:InitiationHeader>
      <ncip:FromAgencyId><ncip:AgencyId>DK-123456</ncip:AgencyId></ncip:FromAgencyId>
      <ncip:ToAgencyId><ncip:AgencyId>DK-900100</ncip:AgencyId></ncip:ToAgencyId>
    </ncip:InitiationHeader>
    <ncip:ItemId><ncip:ItemIdentifierValue>{barcode}</ncip:ItemIdentifierValue></ncip:ItemId>
    <ncip:ItemElementType>Circulation Status</ncip:ItemElementType>
    <ncip:ItemElementType>Bibliographic Description</ncip:ItemElementType>
  </ncip:LookupItem>
</ncip:NCIPMessage>"""


def ncip_lookup(server: RunningServer, barcode: str) -> str:
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.http}/ncip",
        data=NCIP_LOOKUP.format(barcode=barcode).encode(),
        headers={"Content-Type": "application/xml; charset=utf-8"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200
        body: str = answer.read().decode()
        return body


def circulation_status(body: str) -> str:
    found = re.search(r"CirculationStatus[^>]*>([^<]*)<", body)
    assert found, body
    return found[1]


def yaz_client(server: RunningServer, program: str, *commands: str) -> str:
    """What yaz-client prints for these commands."""
    done = subprocess.run(
        [program, f"127.0.0.1:{server.z3950}/catalogue"],
        input="".join(f"{command}\n" for command in (*commands, "quit")),
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return done.stdout


def kiosk_of(server: RunningServer) -> Any:
    """The client of the package Sip2, logged in as the demo's self-service machine."""
    wrapper = Sip2Wrapper(
        {
            "hostName": "127.0.0.1",
            "hostPort": server.sip2,
            "tlsEnable": False,
            "hostEncoding": "utf-8",
            "institutionId": "DK-900100",
            "scLocation": "DK-900101",
            "withCrc": True,
            "withSeq": True,
            "logfile_path": f"{server.data}/",  # else it writes into the folder we are in
        },
        True,
        "Sip2",
    )
    assert wrapper.login_device("kiosk", "kiosk", True)
    return wrapper


def test_one_loan_through_three_standards(demo_server: RunningServer, program: Program) -> None:
    yaz = program("yaz-client")
    patron, item = demo_server.take_patron(), demo_server.take_item()
    kiosk = kiosk_of(demo_server)

    shown = kiosk.sip_item_information(item)
    assert shown["fixed"]["CirculationStatus"] == "03"
    title = shown["variable"]["AJ"][0]
    assert circulation_status(ncip_lookup(demo_server, item)) == "Available On Shelf"

    # Its `login_patron` reads the flags of patron status the wrong way round and then forbids
    # lending to patrons in good standing; the messages themselves are right.
    kiosk._sip2.patron, kiosk._sip2.patronpwd = patron, "1234"
    out = kiosk.sip_item_checkout(item)
    assert out["fixed"]["Ok"] == "1"
    assert out["variable"]["AB"] == [item]

    looked_up = ncip_lookup(demo_server, item)
    assert circulation_status(looked_up) == "On Loan"
    assert title in html.unescape(looked_up)
    words = " ".join(re.findall(r"\w+", title))
    find = f'find @attr 1=4 @attr 4=6 "{words}"'
    found = yaz_client(demo_server, yaz, find, "format sutrs", "show 1")
    assert re.search(r"Number of hits: [1-9]", found), found
    assert re.search(rf"{item}.*[Oo]n loan", found), found

    back = kiosk.sip_item_checkin(item)
    assert back["fixed"]["Ok"] == "1"
    assert back["variable"]["AA"] == [patron]
    assert circulation_status(ncip_lookup(demo_server, item)) == "Available On Shelf"
    found = yaz_client(demo_server, yaz, find, "format sutrs", "show 1")
    assert re.search(rf"{item}.*[Aa]vailable", found), found
    kiosk.disconnect()
