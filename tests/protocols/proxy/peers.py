"""A library system that is nothing but a line: it answers each message at once, from a table.

``python -m tests.protocols.proxy.peers`` prints its port. The bench takes it as the bare peer; with
a number of seconds it is one that takes so long for each answer but that to a log-in, and with the
word ``named`` its answers name the item and the patron of the question, and the time of day.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from twisted.internet.protocol import Factory, Protocol

from protocols.hosting.reactor import reactor
from protocols.proxy.kinds import field

DATE = b"20261125    120000"
_TAIL = b"AODK-900100|"
ANSWERS = {
    b"93": b"941",
    b"99": b"98YYYYYN600003" + DATE + b"2.00AODK-900100|BXYYYYYYYYYYYYYYYY|",
    b"23": b"24" + b" " * 14 + b"000" + DATE + _TAIL + b"AAP1|AEJo|BLY|CQY|",
    b"63": b"64" + b" " * 14 + b"000" + DATE + b"0000" * 6 + _TAIL + b"AAP1|AEJo|BLY|CQY|",
    b"17": b"18030001" + DATE + b"ABI1|AJPeters jul|",
    b"11": b"121NNY" + DATE + _TAIL + b"AAP1|ABI1|AJPeters jul|AH20261223    235900|",
    b"09": b"101YNN" + DATE + _TAIL + b"ABI1|AQDK-900101|AJPeters jul|",
    b"35": b"36Y" + DATE + _TAIL + b"AAP1|",
}


def named(question: bytes, answer: bytes) -> bytes:
    """The answer, with the item and the patron of the question and a clock that goes."""
    for code, other in ((b"AA", b"P1"), (b"AB", b"I1")):
        found = field(question, code)
        if found is not None:
            answer = answer.replace(b"%b%b|" % (code, other), b"%b%b|" % (code, found))
    return answer.replace(DATE, time.strftime("%Y%m%d    %H%M%S").encode(), 1)


class Answering(Protocol):
    """One connection."""

    delay = 0.0
    is_named = False

    def connectionMade(self) -> None:  # noqa: N802
        self.transport: Any
        self.transport.setTcpNoDelay(True)
        self.buffer = b""

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        *whole, self.buffer = (self.buffer + data).split(b"\r")
        for each in whole:
            answer = ANSWERS[each[:2]]
            answer = (named(each, answer) if self.is_named else answer) + b"\r"
            if self.delay and each[:2] != b"93":
                reactor.callLater(self.delay, self.transport.write, answer)
            else:
                self.transport.write(answer)


def main() -> None:
    Answering.delay = float(sys.argv[1]) if sys.argv[1:] else 0.0
    Answering.is_named = "named" in sys.argv
    port = reactor.listenTCP(0, Factory.forProtocol(Answering), 512, "127.0.0.1")
    print(port.getHost().port, flush=True)
    reactor.run()


if __name__ == "__main__":
    sys.exit(main())
