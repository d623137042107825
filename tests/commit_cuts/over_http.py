"""A program that uses the HTTP API: with an Idempotency-Key, and once without."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

from click.testing import CliRunner

from protocols.commands.command_line import tiro
from tests.crash.callers import Act, Line, Trace
from tests.crash.stage import ITEMS, Stage, barcode, card

OUTCOME_UNKNOWN = b"outcome_unknown"
_RIGHTS = ("lend", "patrons.view", "fees.take")
_FOR_NOW = b"urn:tiro:problem:unavailable"


def let_in(stage: Stage) -> str:
    """The bearer token of a program at the main branch."""
    words = ["--config", str(stage.folder / "tiro.toml"), "token", "add", "cuts", "--bearer"]
    words += ["--at", "DK-900101", "--expires", "2099-12-31", "--requests-per-minute", "100000"]
    for right in _RIGHTS:
        words += ["--right", right]
    done = CliRunner().invoke(tiro, [*words, "--json"])
    assert done.exit_code == 0, done.output
    return str(json.loads(done.stdout)["bearer"])


class HttpLine(Line):
    """A connection that stays open. `ask` gives head and body of the answer."""

    def read(self) -> bytes:
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.receive()
        head, _, body = answer.partition(b"\r\n\r\n")
        (length,) = (
            int(line.partition(b":")[2])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        )
        while len(body) < length:
            body += self.receive()
        return head + b"\r\n\r\n" + body


def request(token: str, method: str, path: str, body: Any = None, key: str | None = None) -> bytes:
    octets = b"" if body is None else json.dumps(body).encode()
    lines = [
        f"{method} /api/v1{path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {token}",
        "Accept-Language: en",
        "If-Match: *",
        f"Content-Length: {len(octets)}",
    ]
    if body is not None:
        lines.append("Content-Type: application/json")
    if key is not None:
        lines.append(f"Idempotency-Key: {key}")
    return "\r\n".join([*lines, "", ""]).encode() + octets


def body_of(answer: bytes) -> Any:
    return json.loads(answer.partition(b"\r\n\r\n")[2])


def _is_good(answer: bytes) -> bool:
    return answer.split(b" ", 2)[1] in (b"200", b"201")


def _keeps(what: str, found: list[str]) -> Callable[[bytes], bool]:
    """Whether it is granted; the id of what the answer tells is kept."""

    def is_good(answer: bytes) -> bool:
        if _is_good(answer):
            found.append(str(body_of(answer)[what]["id"]))
        return bool(found)

    return is_good


def _is_passing(answer: bytes) -> bool:
    return _FOR_NOW in answer or OUTCOME_UNKNOWN in answer


def http(token: str, number: int) -> Iterator[Act]:
    """Lends, places a hold and cancels it, renews, is paid, and takes back."""
    who, other, payer = card("H", number), card("QH", number), card("E", number)

    def post(name: str, path: str, body: Any, trace: Trace) -> Act:
        asked = request(token, "POST", path, body, f"{name} {number} {turn}")
        return Act(f"HTTP {name}", asked, _is_good, trace, is_passing=_is_passing)

    turn = 0
    payers: list[str] = []
    look = {"text": payer, "mode": "look"}
    act = post("look", "/desk/scan", look, ("", ""))
    yield replace(act, trace=None, is_granted=_keeps("patron", payers))
    for turn in count(1):
        item = barcode("H", number, turn % ITEMS)
        lent = {"card": who, "item": item}
        yield post("check-out", "/checkouts", lent, ("checked_out", item))
        placed: list[str] = []
        hold = {"card": other, "item": item}
        act = post("hold", "/holds", hold, ("hold_placed", other))
        yield replace(act, is_granted=_keeps("hold", placed))
        yield Act(  # without a key: who repeats it finds that there is no such hold any more
            "HTTP cancelled hold, no key",
            request(token, "DELETE", f"/holds/{placed[0]}"),
            _is_good,
            ("hold_closed", other),
            lambda answer: answer.split(b" ", 2)[1] in (b"404", b"409"),
            _is_passing,
        )
        yield post("renewal", "/renewals", {"item": item}, ("renewed", item))
        order = f"H{number}-{turn}"
        paid = {"amount": 100, "currency": "DKK", "order": order}
        path = f"/patrons/{payers[0]}/payments"
        yield post("payment", path, paid, ("payment", order))
        yield post("check-in", "/checkins", {"item": item}, ("checked_in", item))
