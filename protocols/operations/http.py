"""The paths of `handlers` over HTTP. Twisted is known here."""

from __future__ import annotations

from typing import Any, Final

from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from protocols.operations.handlers import HANDLERS, Operations
from protocols.operations.messages import Response

_PLAIN: Final = "text/plain; charset=utf-8"
_PATHS: Final = b"".join(path + b"\n" for path in sorted(HANDLERS))


class OperationsResource(Resource):
    """Everything on the port."""

    isLeaf = True  # noqa: N815

    def __init__(self, operations: Operations) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._operations = operations

    def render(self, request: Any) -> Any:
        gone: list[Failure] = []
        request.notifyFinish().addErrback(gone.append)

        def reply(response: Response) -> None:
            if gone:
                return
            request.setResponseCode(response.status)
            request.setHeader(b"content-type", response.media_type.encode())
            request.setHeader(b"content-length", str(len(response.body)).encode())
            request.setHeader(b"cache-control", b"no-store")
            for name, value in response.headers.items():
                request.setHeader(name.encode(), value.encode())
            if request.method != b"HEAD":
                request.write(response.body)
            request.finish()

        handler = HANDLERS.get(request.path)
        if request.method not in (b"GET", b"HEAD"):
            refused = b"Here is nothing to be changed.\n"
            reply(Response(405, refused, _PLAIN, {"allow": "GET, HEAD"}))
        elif request.path == b"/":
            reply(Response(200, _PATHS, _PLAIN))
        elif handler is None:
            reply(Response(404, b"There is:\n" + _PATHS, _PLAIN))
        else:
            accept = (request.getHeader(b"accept") or b"").decode("latin-1")
            handler(accept, self._operations, reply)
        return NOT_DONE_YET
