"""How `tiro proxy` asks a proxy that runs: a local socket in the folder of the journal.

A request is a line of JSON, ``{"ask": "status"}``, and so is its answer. Who may write to the
folder may ask; who asks is told by the kernel, and stands in the journal.
"""

from __future__ import annotations

import json
import os
import pwd
import socket
import struct
from pathlib import Path
from typing import Any, Final

from twisted.internet.protocol import Factory
from twisted.protocols.basic import LineReceiver

from circulation.languages.sentences import Sentence
from protocols.hosting.proxy_control import SOCKET
from protocols.proxy.listing import list_differences
from protocols.proxy.modes import CannotFlip
from protocols.proxy.proxy import Proxy
from protocols.proxy.status import status_of

MAX_LINE: Final = 65_536


class Control(LineReceiver):
    """One connection of somebody who asks."""

    delimiter = b"\n"
    MAX_LENGTH = MAX_LINE

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy

    def lineReceived(self, line: bytes) -> None:  # noqa: N802
        try:
            asked = json.loads(line)
            answer = self._answer(asked if isinstance(asked, dict) else {})
        except ValueError as error:
            answer = {"error": f"that cannot be read: {error}"}
        transport: Any = self.transport
        transport.write(json.dumps(answer, ensure_ascii=False).encode() + self.delimiter)

    def _answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        proxy, why = self._proxy, str(asked.get("why", ""))
        try:
            match asked.get("ask"):
                case "status":
                    return status_of(proxy)
                case "differences":
                    return proxy.reckoner.answer()
                case "flip":
                    return self._switch(asked, why)
                case "unequal":
                    return list_differences(proxy.state.differences.rows, asked)
                case "reconcile":
                    return self._reconcile(str(asked.get("branch", "")), self._who(asked))
                case "settle":
                    request = int(asked.get("request", 0))
                    return {"settled": proxy.settle(request, self._who(asked), why)}
        except CannotFlip as error:
            return _refusal(error.args[0])
        except OSError as error:
            return _refusal(Sentence("JOURNAL_UNWRITTEN", why=str(error.strerror)))
        return {"error": "there is status, differences, unequal, flip, reconcile and settle"}

    def _switch(self, asked: dict[str, Any], why: str) -> dict[str, Any]:
        """Change the mode of terminals: all of them, or none."""
        modes = self._proxy.modes
        terminals = [str(each) for each in asked.get("terminals", [])]
        mode, despite = str(asked.get("mode", "")), str(asked.get("despite", "")).strip()
        for each in terminals:
            wanted = modes.may_flip(each, mode)
            if not despite and modes.comes_over(each, wanted):
                self._must_be_ready(modes.branch_of(each))
        before = {each: modes.of(each) for each in terminals}
        for each in terminals:
            modes.flip(each, mode, self._who(asked), why, despite)
        return {"flipped": {each: modes.of(each) for each in terminals}, "before": before}

    def _must_be_ready(self, branch: str) -> None:
        """Raise CannotFlip where the branch is not ready, or where that is not known yet."""
        found = self._proxy.reckoner.readiness_of(branch)
        if found is None:
            raise CannotFlip(Sentence("READINESS_COUNTED", value=branch))
        if not found["is_open"]:
            against = "; ".join(each["text"] for each in found["against"])
            raise CannotFlip(Sentence("NOT_READY", value=branch, why=against))

    def _reconcile(self, branch: str, who: str) -> dict[str, Any]:
        """Begin to compare everything, or that of a branch."""
        proxy = self._proxy
        if proxy.reconciler is None:
            return _refusal(Sentence("CANNOT_COMPARE"))
        if branch and branch not in {each.branch for each in proxy.settings.terminals}:
            return _refusal(Sentence("NO_BRANCH_OF_PROXY", value=branch))
        return {"compares": proxy.reconciler.compare_all(branch, who)}

    def _who(self, asked: dict[str, Any]) -> str:
        """The user of the process at the other end, after whom it asks for, if it says so."""
        user = self._user()
        return f"{asked['who']} ({user})" if asked.get("who") else user

    def _user(self) -> str:
        transport: Any = self.transport
        end: socket.socket = transport.socket
        told = end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        _, user, _ = struct.unpack("3i", told)
        try:
            return pwd.getpwuid(user).pw_name
        except KeyError:
            return str(user)


def _refusal(said: Sentence) -> dict[str, Any]:
    """What is refused: in English, and so that whoever asked can say it in their language."""
    return {"error": said, "name": said.name, "facts": said.facts}


def listen(reactor: Any, proxy: Proxy, folder: Path) -> Any:
    """Listens in the folder, in place of a proxy that was killed."""
    (folder / SOCKET).unlink(missing_ok=True)
    factory: Any = Factory()
    factory.noisy = False
    factory.buildProtocol = lambda address: _built(factory, proxy)
    # A path of a socket may have about a hundred bytes, so its folder is named by a number.
    handle = os.open(folder, os.O_RDONLY)
    return reactor.listenUNIX(f"/proc/self/fd/{handle}/{SOCKET}", factory, mode=0o600)


def _built(factory: Any, proxy: Proxy) -> Control:
    made = Control(proxy)
    made.factory = factory
    return made
