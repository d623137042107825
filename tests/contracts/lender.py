"""A process that lends and takes back items and prints each answered loan, until it is killed.

    python tests/contracts/lender.py URL CARD NOW BARCODE...

Each barcode has a thread of its own. A line is ``barcode loan-id``.
"""

from __future__ import annotations

import os
import sys
import threading
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import circulation.assembly  # noqa: F401  the features join before anything is done
from catalogue.database import open_database
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.organisation import desk_at
from circulation.kernel.results import CheckedIn, CheckedOut
from circulation.loans.lending import check_out
from circulation.loans.returns import check_in
from circulation.loans.wishes import LoanWish


def main(url: str, card: str, moment: str, *barcodes: str) -> None:
    database, circulation = open_database(url), Circulation()
    now = datetime.fromisoformat(moment)
    desk = database.read(
        lambda transaction: desk_at(transaction, "DK-900101", actor="lender", device="test")
    ).result()
    assert desk is not None

    def lend(barcode: str) -> None:
        while True:
            lent = database.write(
                lambda transaction: check_out(
                    Act(transaction, circulation, desk, now), LoanWish(patron=card, item=barcode)
                )
            ).result()
            assert isinstance(lent, CheckedOut), lent
            os.write(1, f"{barcode} {lent.loan.id}\n".encode())  # whole, and past every buffer
            returned = database.write(
                lambda transaction: check_in(Act(transaction, circulation, desk, now), item=barcode)
            ).result()
            assert isinstance(returned, CheckedIn), returned

    threads = [threading.Thread(target=lend, args=(barcode,)) for barcode in barcodes]
    for thread in threads:
        thread.start()


if __name__ == "__main__":
    main(*sys.argv[1:])
