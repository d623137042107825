"""pysip2 as a server, with handlers over dicts: no database, no rules, no hashed PINs.

``python -m tests.bench.sip2_peer`` prints its port.
"""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import anyio
import pysip2  # type: ignore[import-not-found]
from pysip2 import routes

from tests.protocols.sip2.serving import Serving

PIN = "1234"
OK = {"magnetic_media": "N", "transaction_date": "20261125    120000"}

server = pysip2.SIP2Server(institution_id="DK-900100")
loans: dict[str, str] = {}


@server.route(routes.LOGIN)
async def login(request, context):
    return pysip2.LoginResponse(ok="1")


@server.route(routes.PATRON_STATUS)
async def patron_status(request, context):
    return pysip2.PatronStatusResponse(
        patron_status=" " * 14,
        language=request.language,
        transaction_date=context.now_18(),
        institution_id=request.institution_id,
        patron_identifier=request.patron_identifier,
        personal_name="Ida Ørsted",
        valid_patron="Y",
        valid_patron_password="Y" if request.patron_password == PIN else "N",
    )


@server.route(routes.PATRON_INFORMATION)
async def patron_information(request, context):
    items = tuple(i for i, patron in loans.items() if patron == request.patron_identifier)
    return pysip2.PatronInformationResponse(
        patron_status=" " * 14,
        language=request.language,
        transaction_date=context.now_18(),
        hold_items_count="0000",
        overdue_items_count="0000",
        charged_items_count=f"{len(items):04}",
        fine_items_count="0000",
        recall_items_count="0000",
        unavailable_holds_count="0000",
        institution_id=request.institution_id,
        patron_identifier=request.patron_identifier,
        personal_name="Ida Ørsted",
        valid_patron="Y",
        valid_patron_password="Y" if request.patron_password == PIN else "N",
        charged_items=items,
    )


@server.route(routes.ITEM_INFORMATION)
async def item_information(request, context):
    return pysip2.ItemInformationResponse(
        circulation_status="04" if request.item_identifier in loans else "03",
        security_marker="00",
        fee_type="01",
        transaction_date=context.now_18(),
        item_identifier=request.item_identifier,
        title_identifier="Den afrikanske farm",
    )


@server.route(routes.CHECKOUT)
async def checkout(request, context):
    if request.item_identifier in loans or request.patron_password != PIN:
        return context.decline()
    loans[request.item_identifier] = request.patron_identifier
    return pysip2.CheckoutResponse(
        ok="1",
        renewal_ok="N",
        magnetic_media="N",
        desensitize="Y",
        transaction_date=context.now_18(),
        institution_id=request.institution_id,
        patron_identifier=request.patron_identifier,
        item_identifier=request.item_identifier,
        title_identifier="Den afrikanske farm",
        due_date="20261223    235959",
    )


@server.route(routes.CHECKIN)
async def checkin(request, context):
    patron = loans.pop(request.item_identifier, None)
    return pysip2.CheckinResponse(
        ok="1",
        resensitize="Y",
        magnetic_media="N",
        alert="N",
        transaction_date=context.now_18(),
        institution_id=request.institution_id,
        item_identifier=request.item_identifier,
        permanent_location="DK-900101",
        title_identifier="Den afrikanske farm",
        patron_identifier=patron,
    )


async def serve() -> None:
    async with server.start(port=0) as port:
        print(port, flush=True)
        await anyio.sleep_forever()


@contextmanager
def peer() -> Iterator[Serving]:
    """A running pysip2."""
    with subprocess.Popen([sys.executable, "-m", __name__], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield Serving(process, int(process.stdout.readline()))
        finally:
            process.terminate()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    anyio.run(serve)
