"""Telling a patron that no library lends what they asked for."""

from __future__ import annotations

from circulation.interlending.rows import InterlibraryLoan
from circulation.kernel.act import Act
from circulation.notices.causes import Cause
from circulation.notices.kinds import NoticeKind
from circulation.notices.requests import NoticeRequest, request_notice


def tell_unobtainable(act: Act, loan: InterlibraryLoan) -> None:
    """Asked for here, and not written as an event, because such a request is cut from its patron
    when it ends."""
    if loan.patron_id is None:
        return
    request_notice(
        act,
        NoticeRequest(
            patron_id=loan.patron_id,
            kind=NoticeKind.CANNOT_BE_OBTAINED,
            cause=Cause(key=f"interlibrary {loan.id}"),
            facts={"title": loan.title, "author": loan.author},
        ),
    )
