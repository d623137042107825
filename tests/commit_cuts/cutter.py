"""A proxy before PostgreSQL that cuts connections during COMMIT (protocol 3.0, clear text)."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections import Counter, deque
from contextlib import suppress
from enum import Enum
from typing import Final
from urllib.parse import urlsplit

_HOST: Final = "127.0.0.1"
_READ_BYTES: Final = 65536
#: Seconds after which a connection that nobody uses any more is let go.
_LET_GO: Final = 60.0


class Cut(Enum):
    """Where a connection is cut, and whether the server gets the COMMIT."""

    BEFORE = "before COMMIT reached the server"
    AFTER = "after COMMIT reached the server, before its answer"
    LATE = "before COMMIT reached the server, which gets it a while later"
    ANSWERED = "after the server has answered, before the client has it"
    HELD = "not at all: the answer is held for a while"
    WAITS = "not at all: COMMIT reaches the server a while later"


#: What breaks a connection.
CUTS: Final = (Cut.BEFORE, Cut.AFTER, Cut.LATE, Cut.ANSWERED)


class Order:
    """One cut that waits for the next COMMIT. `seconds`: how long something is held.

    `shut`: for so many seconds from the cut on nobody is let in. `of`: bytes that the transaction
    has sent, so that the COMMIT is that of a certain act. `released` ends a wait before its time.
    """

    def __init__(
        self, cut: Cut, seconds: float, *, is_reset: bool, shut: float, of: bytes = b""
    ) -> None:
        self.cut, self.seconds, self.is_reset, self.shut = cut, seconds, is_reset, shut
        self.of = of
        self.done = threading.Event()
        self.released = threading.Event()


class Cutter:
    """The proxy; `url` is the database through it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname or _HOST, parts.port or 5432)
        self._listening = socket.create_server((_HOST, 0))
        port = self._listening.getsockname()[1]
        user = f"{parts.username}@" if parts.username else ""
        # Its messages must be read here, so nothing is encrypted.
        self.url = (
            f"postgresql://{user}{_HOST}:{port}{parts.path}?sslmode=disable&gssencmode=disable"
        )
        #: The database itself.
        self.direct = url
        self.cuts: Counter[Cut] = Counter()
        self.commits = 0
        self._orders: deque[Order] = deque()
        self._counting = threading.Lock()
        self._open: set[socket.socket] = set()
        self._is_closed = False
        self._shut_until = 0.0
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Cutter:
        return self

    def __exit__(self, *_: object) -> None:
        self._is_closed = True
        _shut(self._listening)  # who accepts there wakes up
        self._listening.close()
        with self._counting:
            left = list(self._open)
        for each in left:
            _shut(each)

    def order(
        self,
        cut: Cut,
        seconds: float = 0.0,
        *,
        is_reset: bool = False,
        shut: float = 0.0,
        of: bytes = b"",
    ) -> Order:
        """The next COMMIT of a transaction with `of`, that no other order is for, is met with
        this one."""
        order = Order(cut, seconds, is_reset=is_reset, shut=shut, of=of)
        with self._counting:
            self._orders.append(order)
        return order

    def let_in(self) -> None:
        """Whoever connects from now on is let in."""
        self._shut_until = 0.0

    def withdraw(self) -> None:
        """Orders that have met no COMMIT yet are void."""
        with self._counting:
            self._orders.clear()

    def _accept(self) -> None:
        while not self._is_closed:
            try:
                client, _ = self._listening.accept()
                if time.monotonic() < self._shut_until:
                    client.close()
                    continue
                server = socket.create_connection(self._server)
            except OSError:
                continue
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                each.settimeout(None)
            with self._counting:
                self._open |= {client, server}
            _Passage(self, client, server).start()

    def begun(self, sent: bytes) -> Order | None:
        """A COMMIT has come, after all that the transaction has sent: the order for it."""
        with self._counting:
            self.commits += 1
            for order in self._orders:
                if order.of in sent:
                    self._orders.remove(order)
                    return order
        return None

    def cut(self, order: Order) -> None:
        with self._counting:
            self.cuts[order.cut] += 1
            self._shut_until = max(self._shut_until, time.monotonic() + order.shut)
        order.done.set()

    def ended(self, each: socket.socket) -> None:
        with self._counting:
            self._open.discard(each)
        each.close()


class _Passage:
    """One connection: a thread for each direction."""

    def __init__(self, cutter: Cutter, client: socket.socket, server: socket.socket) -> None:
        self._cutter, self._client, self._server = cutter, client, server
        self._named: dict[bytes, bool] = {}  # prepared statements: whether it is a COMMIT
        self._order: Order | None = None
        self._is_severed = False

    def start(self) -> None:
        threads = [
            threading.Thread(target=each, daemon=True) for each in (self._upwards, self._downwards)
        ]
        for each in threads:
            each.start()

    # from the client

    def _upwards(self) -> None:
        with suppress(OSError):
            self._begin()
            self._messages()
        _shut(self._server)
        self._cutter.ended(self._client)

    def _begin(self) -> None:
        """The first message has no type."""
        head = self._exactly(4)
        self._server.sendall(head + self._exactly(struct.unpack("!I", head)[0] - 4))

    def _messages(self) -> None:
        held = b""  # what belongs to a COMMIT that an order is for
        before = bytearray()  # what the transaction has sent
        while True:
            kind, body = self._message()
            sent = kind + struct.pack("!I", len(body) + 4) + body
            if self._order is None and self._is_commit(kind, body):
                self._order = self._cutter.begun(bytes(before))
            before += body
            if kind == b"S":
                before.clear()
            order = self._order
            if order is None:
                self._server.sendall(sent)
                continue
            held += sent
            if kind != b"S":
                continue
            self._sever(order, held)
            held, self._order = b"", None
            if self._is_severed:
                return

    def _sever(self, order: Order, held: bytes) -> None:
        """All of a COMMIT is here, to its Sync."""
        match order.cut:
            case Cut.BEFORE:
                self._hang_up(order)
            case Cut.AFTER:
                self._is_severed = True
                self._server.sendall(held)
                self._hang_up(order)
                time.sleep(_LET_GO if order.seconds else 1.0)
            case Cut.LATE:
                self._hang_up(order)
                time.sleep(order.seconds)
                self._server.sendall(held)
                time.sleep(1.0)
            case Cut.ANSWERED | Cut.HELD:
                self._server.sendall(held)
                order.done.wait()
            case Cut.WAITS:
                self._cutter.cut(order)
                order.released.wait(order.seconds)
                self._server.sendall(held)

    def _hang_up(self, order: Order) -> None:
        self._is_severed = True
        self._cutter.cut(order)  # first: who connects again at once must find it shut
        if order.is_reset:
            self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._client.close()
        else:
            _shut(self._client)

    def _is_commit(self, kind: bytes, body: bytes) -> bool:
        """A statement is a COMMIT where it is parsed without a name, or bound by one."""
        if kind == b"P":
            name, text, *_ = body.split(b"\0", 2)
            self._named[name] = text == b"COMMIT"
            return not name and self._named[name]
        if kind == b"B":
            _, name, *_ = body.split(b"\0", 2)
            return bool(name) and self._named.get(name, False)
        return kind == b"Q" and body.rstrip(b"\0;").upper() == b"COMMIT"

    def _message(self) -> tuple[bytes, bytes]:
        head = self._exactly(5)
        return head[:1], self._exactly(struct.unpack("!I", head[1:])[0] - 4)

    def _exactly(self, count: int) -> bytes:
        found = b""
        while len(found) < count:
            data = self._client.recv(count - len(found))
            if not data:
                raise ConnectionError("the client has left")
            found += data
        return found

    # from the server

    def _downwards(self) -> None:
        with suppress(OSError):
            while data := self._server.recv(_READ_BYTES):
                order = self._order
                if order is not None and order.cut in (Cut.ANSWERED, Cut.HELD):
                    time.sleep(order.seconds)
                    if order.cut is Cut.ANSWERED:
                        self._hang_up(order)
                        break
                    self._cutter.cut(order)
                if not self._is_severed:
                    self._client.sendall(data)
        if not self._is_severed:
            _shut(self._client)
        self._cutter.ended(self._server)


def _shut(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
