"""Star CloudPRNT: a printer asks for its jobs (POST), fetches one (GET) and says what became of it
(DELETE). Its requests show the key of its workstation as the password of HTTP Basic.

Star's guide 2.4: "Server polling", "Print job retrieval", "Print job confirmation".
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, Final, NamedTuple

from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from circulation.staff.print_jobs import (
    claim_job,
    job_failed,
    job_printed,
    job_to_fetch,
    print_job,
)
from circulation.staff.workstations import Workstation, workstation_with
from protocols.desk.printing.lines import plain_text
from protocols.desk.printing.star import star
from protocols.hosting.answering import Context, Lane, Services
from protocols.hosting.error_pages import answer_error, status_of_method

_LINE_MODE: Final = "application/vnd.star.line"
_TEXT: Final = "text/plain"
#: What a job is offered as; printers in StarPRNT mode know the commands of line mode.
_TYPES: Final = (_LINE_MODE, "application/vnd.star.starprnt", _TEXT)


class _Answer(NamedTuple):
    status: int
    media_type: str = "application/json"
    body: bytes = b""


class CloudPrintResource(Resource):
    """``/cloudprnt``."""

    isLeaf = True  # noqa: N815

    def __init__(self, services: Services) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._services = services

    def render(self, request: Any) -> Any:
        work = _WORK.get(request.method)
        key = _key_in(request.getHeader("authorization") or "")
        if work is None:
            return answer_error(request, status_of_method(request.method), [*_WORK])
        asked = {
            name.decode("ascii", "replace"): values[0].decode("utf-8", "replace")
            for name, values in request.args.items()
        }
        gone: list[Failure] = []
        request.notifyFinish().addErrback(gone.append)

        def done(answer: _Answer | None, error: BaseException | None) -> None:
            if gone:
                return
            told = answer if error is None and answer is not None else _Answer(503)
            request.setResponseCode(told.status)
            request.setHeader(b"content-type", told.media_type.encode())
            request.setHeader(b"cache-control", b"no-store")
            if told.status == 401:
                request.setHeader(b"www-authenticate", b'Basic realm="Tiro"')
            request.setHeader(b"content-length", str(len(told.body)).encode())
            request.write(told.body)
            request.finish()

        def carry_out(context: Context) -> _Answer:
            desk = workstation_with(context.transaction, key) if key else None
            if desk is None or desk.printer.kind != "cloudprnt":
                return _Answer(401)
            return work(asked, desk, context)

        self._services.perform(Lane.WRITE, carry_out, done)
        return NOT_DONE_YET


def _key_in(header: str) -> str:
    """The password of HTTP Basic (RFC 7617), empty where there is none."""
    kind, _, told = header.partition(" ")
    try:
        text = base64.b64decode(told.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    return text.partition(":")[2] if kind.lower() == "basic" else ""


def _poll(asked: dict[str, str], desk: Workstation, context: Context) -> _Answer:
    job = job_to_fetch(context.transaction, desk, context.now)
    told: dict[str, Any] = {"jobReady": job is not None}
    if job is not None:
        told |= {"mediaTypes": _TYPES, "jobToken": str(job.id), "deleteMethod": "DELETE"}
    return _Answer(200, body=json.dumps(told).encode())


def _fetch(asked: dict[str, str], desk: Workstation, context: Context) -> _Answer:
    job = job_to_fetch(context.transaction, desk, context.now)
    if job is None or asked.get("token", str(job.id)) != str(job.id):
        return _Answer(404)
    claim_job(context.transaction, job.id, context.now)
    width, media_type = desk.printer.width, asked.get("type", _LINE_MODE)
    if media_type == _TEXT:
        return _Answer(200, f"{_TEXT}; charset=utf-8", plain_text(job.document, width).encode())
    if media_type not in _TYPES:
        return _Answer(415)
    return _Answer(200, media_type, star(job.document, width))


def _confirm(asked: dict[str, str], desk: Workstation, context: Context) -> _Answer:
    token = asked.get("token", "")
    number = int(token) if token.isascii() and token.isdigit() and len(token) < 10 else 0
    job = print_job(context.transaction, job_id=number, workstation_id=desk.id)
    if job is None:
        return _Answer(404)
    code = asked.get("code", "")
    if code.startswith("2"):
        job_printed(context.transaction, job.id, context.now)
    else:
        job_failed(
            context.transaction, job.id, job.tries, code or "the printer failed", context.now
        )
    return _Answer(200)


#: What each method of a printer does.
_WORK: Final = {b"POST": _poll, b"GET": _fetch, b"DELETE": _confirm}
