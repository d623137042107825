"""A second agency beside the library's own, a school, and what the two agree."""

from __future__ import annotations

from catalogue.database import Transaction
from circulation.kernel.agreements import Agreement, store_agreement
from circulation.kernel.organisation import add_agency, add_branch, find_branch
from circulation.kernel.results import Branch
from circulation.kernel.set_up import set_up_changed
from circulation.ledger.charges import NewCharge, create_charge
from circulation.ledger.money import Charge, ChargeKind
from circulation.ledger.postings import open_account
from tests.builders.circulation import Library
from tests.builders.fees import number_of


def a_school(library: Library, *, kind: str = "school") -> Branch:
    """The branch of a school, an agency of its own that follows the rules for all."""
    return _an_agency(library, "DK-90020", ("Prøveskolen", "Skolebiblioteket"), kind)


def a_further_agency(library: Library) -> Branch:
    """Return the branch of a third agency, a public library."""
    return _an_agency(library, "DK-90030", ("Nabobiblioteket", "Nabofilialen"), "public")


def _an_agency(library: Library, isil: str, names: tuple[str, str], kind: str) -> Branch:
    def work(transaction: Transaction) -> Branch:
        agency = add_agency(transaction, 1, f"{isil}0", names[0], kind=kind)
        add_branch(transaction, agency, f"{isil}1", names[1])
        branch = find_branch(transaction, isil=f"{isil}1")
        assert branch is not None
        return branch

    return library.write(work)


def agree(library: Library, *branches: Branch, code: str = "test", **matters: bool) -> None:
    """The agencies of the branches agree on these matters, and on no others."""
    agencies = frozenset(branch.agency_id for branch in branches)
    agreed = {"debts": False, "payments": False, "lending": False, "patrons": False} | matters

    def work(transaction: Transaction) -> None:
        store_agreement(transaction, Agreement(code, agencies, **agreed))
        set_up_changed(transaction)

    library.write(work)


def charge_at(
    library: Library,
    branch: Branch,
    card: str,
    amount: int,
    kind: ChargeKind = ChargeKind.ADMINISTRATIVE,
) -> Charge:
    """Charges the patron by hand at the branch: it is owed to the branch's agency."""

    def work(transaction: Transaction) -> Charge:
        set_up = library.circulation.current_set_up(transaction)
        patron_id = number_of(library, card)
        account = open_account(library.act(transaction, branch), set_up, patron_id)
        new = NewCharge(kind, amount, "DKK", branch.id, "for a test")
        return create_charge(account, new)

    return library.write(work)
