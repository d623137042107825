"""A library system as the proxy may meet it: a small one of its own, with habits that can be set.

It lends, takes back, renews and takes money, knows no-block messages or not, and can be slow, close
the line after each message, answer twice, answer never, lose what it did, or be gone.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from protocols.proxy.kinds import code_of
from protocols.proxy.kinds import field as field_of
from protocols.sip2.codec import open_frame, seal
from protocols.sip2.wire.text import Dialect

DATE = "20261125    120000"
DUE = "20261223    235900"
ZONE = ZoneInfo("Europe/Copenhagen")
_PLAIN = Dialect()


def _text(body: bytes, code: bytes) -> str:
    return (field_of(body, code) or b"").decode()


@dataclass
class Habits:
    """What it does beside answering."""

    seconds: float = 0.0
    closes_after_each: bool = False
    answers_twice: bool = False
    #: Codes that it does not answer, and those whose line it closes after the work is done.
    silent_on: frozenset[str] = frozenset()
    drops_after: frozenset[str] = frozenset()
    #: Codes that it does the work of, and then says nothing.
    mute_after: frozenset[str] = frozenset()
    #: So many check-outs come to nothing: the line is closed before they are dealt with.
    loses: int = 0
    #: The alert type of returns.
    alert: str = ""
    #: Media types (CK) by items.
    kinds: dict[str, str] = field(default_factory=dict)
    #: What it says on a screen of every patron.
    words: tuple[str, ...] = ()
    knows_no_block: bool = True
    #: Cards that it refuses.
    blocked: set[str] = field(default_factory=set)
    #: The next answers come with a wrong checksum.
    garbled: int = 0
    #: Two messages in a row with one number are the same to it: it gives the last answer again.
    goes_by_number: bool = False
    #: How far its clock is ahead; None: its answers all have one date.
    ahead: timedelta | None = None
    #: The item that it speaks of, whatever it was asked about (17).
    other_item: str = ""


class OldSystem:
    """The system, listening on `port`. What it was sent is in `heard`, without trailers."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.habits = Habits()
        self.heard: list[str] = []
        self.loans: dict[str, tuple[str, str]] = {}
        self.paid: list[tuple[str, str]] = []
        #: Until when it renews, and for how many days it lends.
        self.renewed_until = "20270120    235900"
        self.lends_until = DUE
        #: What it does not renew, and what it says then.
        self.never_renewed: dict[str, str] = {}
        self.reserved: list[tuple[str, str]] = []
        self.pins = {"P1": "1234", "P2": "5678"}
        #: What patrons owe, in their own money; None: any payment is taken.
        self.owes: dict[str, Decimal] | None = None
        self._tls = tls
        self._lock = threading.RLock()
        self._open: set[socket.socket] = set()
        self._numbers: dict[socket.socket, tuple[bytes | None, bytes]] = {}
        self.port = 0
        self.start()

    def start(self) -> None:
        """Begins to listen, where it did before."""
        self._listening = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def stop(self) -> None:
        """It is gone: nobody can connect, and those who were are cut off."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        with self._lock:
            for each in self._open:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()
            self._open.clear()

    def __enter__(self) -> OldSystem:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def connected(self) -> int:
        """How many connections there are whose end the other side has not seen."""
        with self._lock:
            return len(self._open)

    def asked(self, code: str) -> list[str]:
        return [each for each in self.heard if each.startswith(code)]

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open.add(connection)
            buffer = b""
            while data := connection.recv(65536):
                buffer += data
                while b"\r" in buffer:
                    raw, _, buffer = buffer.partition(b"\r")
                    if not self._deal(connection, raw.strip(b"\n")):
                        self._close(connection)
                        return

    def _close(self, connection: socket.socket) -> None:
        """Says that there will be no more, and waits until the other side has seen it."""
        with suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
        connection.close()
        with self._lock:
            self._open.discard(connection)

    def _deal(self, connection: socket.socket, raw: bytes) -> bool:
        """Answers a message; False where the line is closed then."""
        frame = open_frame(raw)
        habits, code = self.habits, code_of(frame.body)
        self.heard.append(frame.body.decode("latin-1"))
        if not frame.is_sound:
            connection.sendall(seal(b"96", None, True, _PLAIN))
            return True
        if code == "97":
            connection.sendall(self._last)
            return True
        if code in habits.silent_on:
            return True
        if code in ("11", "29") and habits.loses:
            habits.loses -= 1
            return False
        number, last = self._numbers.get(connection, (None, b""))
        if habits.goes_by_number and number is not None and frame.sequence == number:
            connection.sendall(last)
            return True
        time.sleep(habits.seconds)
        try:
            with self._lock:
                body = self._answer(code, frame.body)
        except (KeyError, ValueError, ArithmeticError):
            connection.sendall(seal(b"96", None, True, _PLAIN))
            return True
        sent = seal(body, frame.sequence, frame.checksum is not None, _PLAIN)
        self._last = sent
        self._numbers[connection] = frame.sequence, sent
        if code in habits.drops_after:
            return False
        if code in habits.mute_after:
            return True
        if habits.garbled:
            habits.garbled -= 1
            sent = sent[:-5] + b"0000\r"
        connection.sendall(sent * (2 if habits.answers_twice else 1))
        return not habits.closes_after_each or code == "93"

    def _answer(self, code: str, body: bytes) -> bytes:
        answers: dict[str, Callable[[bytes], str]] = {
            "93": lambda body: "940" if _text(body, b"CO") == "wrong" else "941",
            "99": lambda _: f"98YYYYYN600003{DATE}2.00AOOLD|BXYYYYYYYYYYYYYYYY|",
            "23": lambda body: self._patron(body, "24"),
            "63": lambda body: self._patron(body, "64"),
            "17": self._item,
            "11": self._check_out,
            "09": self._check_in,
            "29": self._renew,
            "37": self._pay,
            "65": self._renew_all,
            "15": self._reserve,
            "01": self._block,
            "25": self._enable,
            "35": lambda body: f"36Y{DATE}AOOLD|AA{_text(body, b'AA')}|",
        }
        if code == "81":  # its maker's own
            return b"82" + body[2:]
        answer = answers[code](body)
        if self.habits.ahead is not None:
            shown = datetime.now(ZONE) + self.habits.ahead
            answer = answer.replace(DATE, f"{shown:%Y%m%d    %H%M%S}", 1)
        return answer.encode()

    def _patron(self, body: bytes, code: str) -> str:
        card = _text(body, b"AA")
        status = "Y" + " " * 13 if card in self.habits.blocked else " " * 14
        loans = [item for item, (patron, _) in self.loans.items() if patron == card]
        counts = "" if code != "64" else f"00000000{len(loans):04}000000000000"
        pin = "N" if _text(body, b"AD") not in (self.pins.get(card), "") else "Y"
        first, last = _text(body, b"BP") or "1", _text(body, b"BQ") or "9999"
        shown = loans[int(first) - 1 : int(last)] if code == "64" and body[25:26] == b"Y" else []
        lists = "".join(f"AU{item}|" for item in shown)
        if code == "64" and body[28:29] == b"Y":
            lists += "".join(f"CD{item}|" for who, item in self.reserved if who == card)
        known = "Y" if card in self.pins else "N"
        owed = "" if self.owes is None else f"BHDKK|BV{self.owes.get(card, Decimal(0)):.2f}|"
        words = "".join(f"AF{each}|" for each in self.habits.words)
        about = f"AOOLD|AA{card}|AEJo|BL{known}|CQ{pin}|{owed}{lists}{words}"
        return f"{code}{status}000{DATE}{counts}{about}"

    def _reserve(self, body: bytes) -> str:
        card, item = _text(body, b"AA"), _text(body, b"AB")
        self.reserved.append((card, item))
        return f"161N{DATE}AOOLD|AA{card}|AB{item}|"

    def _block(self, body: bytes) -> str:
        self.habits.blocked.add(_text(body, b"AA"))
        return self._patron(body, "24")

    def _enable(self, body: bytes) -> str:
        self.habits.blocked.discard(_text(body, b"AA"))
        return self._patron(body, "26")

    def _item(self, body: bytes) -> str:
        item = _text(body, b"AB")
        loan = self.loans.get(item)
        due = "" if loan is None else f"AH{loan[1]}|"
        item = self.habits.other_item or item
        return f"18{'03' if loan is None else '04'}0001{DATE}AB{item}|AJPeters jul|{due}"

    def _check_out(self, body: bytes) -> str:
        card, item = _text(body, b"AA"), _text(body, b"AB")
        no_block = body[3:4] == b"Y" and self.habits.knows_no_block
        is_free = item not in self.loans
        may = no_block or (card in self.pins and card not in self.habits.blocked and is_free)
        due = body[22:40].decode() if no_block and body[22:40].strip() else self.lends_until
        if may:
            self.loans[item] = card, due
        ok = "1NNY" if may else "0NNN"
        told = due if may else ""
        kind = self.habits.kinds.get(item, "")
        about = f"AOOLD|AA{card}|AB{item}|AJPeters jul|AH{told}|{kind and f'CK{kind}|'}"
        return f"12{ok}{DATE}{about}"

    def _check_in(self, body: bytes) -> str:
        item = _text(body, b"AB")
        self.loans.pop(item, None)
        alert = self.habits.alert
        told = f"CV{alert}|" if alert else ""
        return f"101YN{'Y' if alert else 'N'}{DATE}AOOLD|AB{item}|AQHB|AJPeters jul|{told}"

    def _renew(self, body: bytes) -> str:
        item, no_block = _text(body, b"AB"), body[3:4] == b"Y" and self.habits.knows_no_block
        if item not in self.loans or item in self.never_renewed:
            why = self.never_renewed.get(item)
            return f"300NNN{DATE}AOOLD|AA|AB{item}|AJ|AH|{(why and f'AF{why}|') or ''}"
        due = body[22:40].decode() if no_block and body[22:40].strip() else self.renewed_until
        self.loans[item] = self.loans[item][0], due
        return f"301YNN{DATE}AOOLD|AA{self.loans[item][0]}|AB{item}|AJPeters jul|AH{due}|"

    def _renew_all(self, body: bytes) -> str:
        card = _text(body, b"AA")
        renewed = [item for item, (patron, _) in self.loans.items() if patron == card]
        for item in renewed:
            self.loans[item] = card, self.renewed_until
        listed = "".join(f"BM{item}|" for item in renewed)
        return f"661{len(renewed):04}0000{DATE}AOOLD|{listed}"

    def _pay(self, body: bytes) -> str:
        card, amount = _text(body, b"AA"), _text(body, b"BV")
        if self.owes is not None:
            if Decimal(amount) > self.owes.get(card, Decimal(0)):
                return f"38N{DATE}AOOLD|AA{card}|AFToo much.|"
            self.owes[card] -= Decimal(amount)
        self.paid.append((card, amount))
        return f"38Y{DATE}AOOLD|AA{_text(body, b'AA')}|"
