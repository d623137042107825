"""New items: a number becomes an item that is ready to lend, a scan one that was announced.

The API fetches no records from other catalogues: whoever has one sends it along, or gives a title
for a brief record.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import Any, Final

from catalogue.changes.fetched import Fetched
from catalogue.index.collecting import terms_of
from catalogue.marc.checking import Refused as Unfit
from catalogue.marc.checking import accept
from circulation.accession.adding import Brief, NotAccessioned
from circulation.accession.adding import accession as accession_verb
from circulation.accession.receiving import NotReceived
from circulation.accession.receiving import Received as KnownReceived
from circulation.accession.receiving import receive as receive_verb
from circulation.kernel.rights import Principal, Right
from protocols.api.authority import branch_meant, must_work_here
from protocols.api.messages import Reply
from protocols.api.models.accession import (
    Accessioned,
    AccessionWish,
    FetchedRecord,
    ReceiptWish,
    Received,
    accessioned_shown,
    delivery_shown,
    put_where,
)
from protocols.api.operation import Operation, Request, post
from protocols.api.problems import FieldError, Outcome, Problem, malformed
from protocols.hosting.answering import Context, Lane

_ABOUT: Final[dict[str, Any]] = {"tag": "accession", "right": Right.EDIT_CATALOGUE}


def _not_done(answer: NotAccessioned) -> Problem:
    """Why no item was added; the field is named where it is one's."""
    obstacle = answer.obstacle
    text = f"{obstacle.value} ({answer.detail})" if answer.detail else obstacle.value
    return Problem(Outcome.CONFLICT, text, errors=[FieldError("body", obstacle.name.lower(), text)])


def fetched_record(wish: FetchedRecord | None, field: str) -> Fetched | None:
    """The record, checked as if it had been fetched here. Raises Problem."""
    if wish is None:
        return None
    try:
        sound = accept(b64decode(wish.iso2709, validate=True))
        _, description = terms_of(wish.format, sound)
    except (binascii.Error, Unfit) as error:
        raise malformed(f"{field}.iso2709", "unfit", str(error)) from None
    return Fetched(sound, wish.format, wish.source, description)


def accession(
    request: Request[AccessionWish, None], principal: Principal, context: Context
) -> Reply:
    """Adds an item of the title with this ISBN, ISSN, EAN or control number, and says where it is
    to be put. A title that the catalogue does not have needs `brief`."""
    must_work_here(principal, context, Right.EDIT_CATALOGUE)
    wish = request.body
    right = Right.EDIT_CATALOGUE
    home = None if wish.home is None else branch_meant(wish.home, principal, context, right, "home")
    answer = accession_verb(
        context.act(principal.desk),
        number=wish.number.strip(),
        item=wish.item.item,
        home_branch_id=None if home is None else home.id,
        fetched=fetched_record(wish.fetched, "fetched"),
        brief=None if wish.brief is None else Brief(wish.brief.title, wish.brief.author),
    )
    if isinstance(answer, NotAccessioned):
        raise _not_done(answer)
    return Reply(accessioned_shown(answer, is_done=not wish.dry_run), is_dry=wish.dry_run)


def receive(
    request: Request[ReceiptWish, None], principal: Principal, context: Context
) -> Received | Problem:
    """Receives one item by its announced barcode or the number of its title."""
    must_work_here(principal, context, Right.EDIT_CATALOGUE)
    wish = request.body
    answer = receive_verb(
        context.act(principal.desk),
        scanned=wish.scanned,
        item=wish.item.item,
        take_unexpected=wish.take_unexpected,
        fetched=fetched_record(wish.fetched, "fetched"),
    )
    if isinstance(answer, NotReceived):
        return _not_received(answer)
    if isinstance(answer, KnownReceived):
        set_up = context.circulation.current_set_up(context.transaction)
        return Received(
            answer.barcode,
            answer.line.title,
            delivery_shown(answer.delivery, set_up),
            None,
            put_where(answer.check_in),
            None,
        )
    added, obstacle = answer.accessioned, answer.obstacle
    return Received(
        None if added is None else added.item.barcode,
        answer.title,
        None,
        str(answer.id),
        None if added is None else put_where(added.check_in),
        None if obstacle is None else obstacle.obstacle.value,
    )


def _not_received(answer: NotReceived) -> Problem:
    if answer.problem is not None:
        return _not_done(answer.problem)
    if answer.known_barcode is not None:
        text = "an item with this barcode is here already"
        errors = [FieldError("scanned", "here_already", text)]
        return Problem(Outcome.CONFLICT, text, errors=errors)
    barcodes = ", ".join(answer.announced_barcodes)
    text = f"scan the barcode: {barcodes}"
    return Problem(Outcome.CONFLICT, text, errors=[FieldError("scanned", "has_barcode", text)])


OPERATIONS: Final[tuple[Operation, ...]] = (
    post(
        "/accessions",
        "Add an item",
        accession,
        Accessioned,
        body=AccessionWish,
        lane=Lane.WRITE,
        outcomes=(Outcome.CONFLICT,),
        **_ABOUT,
    ),
    post(
        "/deliveries/scans",
        "Receive an item",
        receive,
        Received,
        body=ReceiptWish,
        lane=Lane.WRITE,
        outcomes=(Outcome.CONFLICT,),
        **_ABOUT,
    ),
)
