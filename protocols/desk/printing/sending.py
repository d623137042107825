"""Jobs on their way to printers that the server reaches: over TCP, or by the queues of CUPS."""

from __future__ import annotations

import logging
import socket
import subprocess
from typing import Final

from circulation.staff.print_jobs import Document
from circulation.staff.workstations import Printer
from protocols.desk.printing.escpos import escpos
from protocols.desk.printing.lines import plain_text
from protocols.hosting.outgoing import NotConnected, connect

log = logging.getLogger(__name__)

#: Seconds until a printer counts as switched off.
_PATIENCE: Final = 5.0
#: Seconds for a printer to tell of its paper; many never do.
_FOR_STATUS: Final = 0.3
_PAPER_END: Final = 0x60


class NotPrinted(Exception):
    """What was wrong, in words for staff."""


def print_out(printer: Printer, document: Document) -> None:
    """Has it printed; waits until the printer or its queue has taken it. Raises NotPrinted."""
    try:
        if printer.kind == "escpos":
            _over_tcp(printer, escpos(document, printer.width))
        elif printer.kind == "cups":
            _by_cups(printer.address, plain_text(document, printer.width))
        else:
            raise NotPrinted("the desk has no printer any more")
    except NotConnected as error:
        raise NotPrinted(str(error)) from None
    except OSError as error:
        raise NotPrinted(f"{printer.address}: {error.strerror or error}") from None


def _over_tcp(printer: Printer, data: bytes) -> None:
    host, port = printer.host_and_port
    try:
        with connect(host, port, _PATIENCE) as connection:
            if _lacks_paper(connection):
                raise NotPrinted(f"{printer.address}: no paper")
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
    except NotConnected:
        raise
    except OSError as error:
        log.info("no answer from the printer at %s: %s", printer.address, error)
        raise NotConnected(host, port) from error


def _lacks_paper(connection: socket.socket) -> bool:
    """Asks for the paper sensor (DLE EOT 4); a printer that does not answer has paper."""
    connection.sendall(b"\x10\x04\x04")
    connection.settimeout(_FOR_STATUS)
    try:
        status = connection.recv(1)
    except TimeoutError:
        status = b""
    connection.settimeout(_PATIENCE)
    return bool(status) and bool(status[0] & _PAPER_END)


def _by_cups(queue: str, text: str) -> None:
    # After -- nothing is an option, whatever the queue is called.
    command = ["lp", "-s", "-d", queue, "-t", "Tiro", "--", "-"]
    try:
        done = subprocess.run(  # noqa: S603  the queue is that of the workstation
            command, input=text.encode(), capture_output=True, timeout=_PATIENCE * 2, check=False
        )
    except subprocess.TimeoutExpired:
        raise NotPrinted(f"{queue}: the queue does not answer") from None
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise NotPrinted(said or f"{queue}: lp has ended with {done.returncode}")
