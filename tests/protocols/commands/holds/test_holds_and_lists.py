"""`tiro hold`, `tiro list` and what came with them, as staff and scripts run them."""

from __future__ import annotations

import json
from datetime import timedelta

from circulation.kernel.results import CheckedOut
from circulation.loans.lending import check_out
from circulation.loans.onward import lend_onward
from circulation.loans.wishes import LoanWish
from tests.builders.circulation import a_patron, an_item
from tests.builders.holds import record_of
from tests.builders.staff import Staff

AT = ("--at", "DK-900101")
THERE = ("--at", "DK-900102")


def test_a_hold_from_its_place_in_the_queue_to_the_shelf(staff: Staff) -> None:
    first, second = a_patron(staff.library), a_patron(staff.library)
    barcode = an_item(staff.library, location="Fiction")
    record = str(record_of(staff.library, barcode))
    (placed,) = staff.json("hold", "place", first, "--record", record, *AT)["holds"]
    assert (placed["number_in_queue"], placed["pickup_branch"]["isil"]) == (1, "DK-900101")
    again = staff.json("hold", "place", first, "--record", record, *AT, code=1)
    assert again["refused"] == ["ALREADY_ON_HOLD"]
    there = ("--pickup", "DK-900102")
    (later,) = staff.json("hold", "place", second, "--item", barcode, *AT, *there)["holds"]
    assert (later["number_in_queue"], later["item"]) == (2, barcode)
    changed = staff.json("hold", "change", second, later["id"], *AT, "--pickup", "DK-900101")
    assert changed["pickup_branch"]["isil"] == "DK-900101"
    paused = staff.json("hold", "pause", second, later["id"], *AT, "--from", "2020-01-01")
    assert (paused["paused_from"], paused["number_in_queue"]) == ("2020-01-01", 2)
    queue = staff.json("hold", "queue", "--item", barcode)["holds"]
    assert [line["hold"]["id"] for line in queue] == [placed["id"], later["id"]]
    assert [line["passed_over"] for line in queue] == [None, "paused"]
    resumed = staff.json("hold", "pause", second, later["id"], *AT, "--end")
    assert resumed["paused_from"] is None

    (line,) = staff.json("hold", "pick-list", *AT)["lines"]
    assert (line["item"], line["location"], line["fetched_by"]) == (barcode, "Fiction", None)
    assert staff.json("hold", "fetch", barcode, *AT)["line"]["hold"] == placed["id"]
    assert staff.json("hold", "pick-list", *AT, "--unmarked")["lines"] == []
    assert staff.json("hold", "fetch", barcode, *AT, "--give-up")["line"] is None
    assert staff.json("hold", "fetch", barcode, *AT, "--not-found")["line"]["sought_by"]
    assert staff.json("hold", "fetch", "nothing", *AT, code=1)["refused"] == ["ITEM_UNKNOWN"]

    (back,) = staff.json("loan", "in", barcode, *AT)["results"]
    assert back["checked_in"]["held_for"]["number"] == 1
    (on_shelf,) = staff.json("hold", "shelf", *AT)["lines"]
    assert (on_shelf["number"], on_shelf["is_to_go"]) == (1, False)
    assert staff.json("hold", "list", first)["holds"][0]["state"] == "READY"
    cancelled = staff.json("hold", "cancel", first, placed["id"], *AT)
    assert cancelled["outcome"] == "cancelled"
    (to_go,) = staff.json("list", "shelf", *AT)["lines"]
    assert to_go["item"] == barcode
    (cleared,) = staff.json("hold", "shelf", *AT, "--clear")["results"]
    goes = cleared["checked_in"]
    assert (goes["destination"], goes["held_for"]["number"]) == ("HOLD_SHELF_HERE", 1)
    assert staff.json("hold", "list", first)["holds"] == []


def test_sets_are_placed_together(staff: Staff) -> None:
    card = a_patron(staff.library)
    records = [str(record_of(staff.library, an_item(staff.library))) for _ in range(2)]
    options = [word for record in records for word in ("--record", record)]
    placed = staff.json("hold", "place", card, *options, "--record", "999", *AT, code=1)
    assert placed["refused"] == ["RECORD_UNKNOWN"]
    placed = staff.json(
        *("hold", "place", card, *options, "--record", "999", *AT, "--kind", "parallel")
    )
    assert [line["kind"] for line in placed["holds"]] == ["parallel", "parallel"]
    [refused] = placed["refused"]
    assert [each["code"] for each in refused["reasons"]] == ["RECORD_UNKNOWN"]
    assert staff.run("hold", "place", card, *AT).exit_code == 2


def test_holds_of_a_patron_by_pages(staff: Staff) -> None:
    card = a_patron(staff.library)
    placed = []
    for _ in range(3):
        record = str(record_of(staff.library, an_item(staff.library)))
        (hold,) = staff.json("hold", "place", card, "--record", record, *AT)["holds"]
        placed.append(hold["id"])
    page = staff.run("hold", "list", card, "--limit", "2", "--json")
    word = json.loads(page.stderr)["cursor"]
    rest = staff.run("hold", "list", card, "--limit", "2", "--cursor", word, "--json")
    found = [each["id"] for part in (page, rest) for each in json.loads(part.stdout)["holds"]]
    assert (found, rest.stderr) == (placed, "")
    assert [each["id"] for each in staff.json("hold", "list", card)["holds"]] == placed


def test_overdue_loans_by_pages(staff: Staff) -> None:
    library, card = staff.library, a_patron(staff.library)
    library.now -= timedelta(days=60)
    barcodes = [an_item(library, on_loan_to=card) for _ in range(5)]
    found, word = [], None
    for _ in range(3):
        after = ("--cursor", word) if word else ()
        page = staff.run("list", "overdue", "--limit", "2", *after, "--json")
        found += [line["item"] for line in json.loads(page.stdout)["lines"]]
        word = json.loads(page.stderr)["cursor"] if page.stderr else None
    assert (found, word) == (barcodes, None)
    assert staff.json("list", "overdue", *THERE)["lines"] == []
    assert "more: --cursor" in staff.run("list", "overdue", "--limit", "2").stderr
    assert staff.run("list", "overdue", "--cursor", "rubbish").exit_code == 1


def test_the_pick_list_by_pages(staff: Staff) -> None:
    library, card = staff.library, a_patron(staff.library)
    barcodes = [an_item(library, call_number=str(number)) for number in range(3)]
    for barcode in barcodes:
        staff.json("hold", "place", card, "--record", str(record_of(library, barcode)), *AT)
    first = staff.run("list", "fetch", *AT, "--limit", "2", "--json")
    assert [line["item"] for line in json.loads(first.stdout)["lines"]] == barcodes[:2]
    word = json.loads(first.stderr)["cursor"]
    staff.json("loan", "in", barcodes[0], *AT)  # what was fetched meanwhile hides nothing
    second = staff.run("list", "fetch", *AT, "--limit", "2", "--cursor", word, "--json")
    assert [line["item"] for line in json.loads(second.stdout)["lines"]] == barcodes[2:]
    assert second.stderr == ""


def test_lost_claimed_missing_and_late(staff: Staff) -> None:
    library, card = staff.library, a_patron(staff.library)
    lost, claimed = (an_item(library, on_loan_to=card) for _ in range(2))
    missing, sent = an_item(library), an_item(library)
    staff.json("loan", "lost", lost, *AT)
    staff.json("loan", "claim", claimed, *AT)
    staff.json("loan", "lost", missing, *AT)
    staff.json("loan", "in", sent, *THERE)
    for name, barcode in (("lost", lost), ("claimed", claimed), ("missing", missing)):
        lines = staff.json("list", name)["lines"]
        assert [line["item"] for line in lines] == [barcode], name
    assert staff.json("list", "transits")["lines"] == []
    (late,) = staff.json("list", "transits", "--days", "0", *AT)["lines"]
    assert late["item"] == sent
    assert [late[each]["isil"] for each in ("from_branch", "to_branch")] == [
        "DK-900102",
        "DK-900101",
    ]


def test_a_conflict_is_settled(staff: Staff) -> None:
    library = staff.library
    card, other = a_patron(library), a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    lent = library.write(
        lambda transaction: check_out(
            library.act(transaction), LoanWish(patron=other, item=barcode, no_block=True)
        )
    )
    assert isinstance(lent, CheckedOut)
    (line,) = staff.json("list", "conflicts")["lines"]
    assert (line["item"], line["reasons"]) == (barcode, ["ON_LOAN_TO_ANOTHER"])
    assert staff.json("loan", "settle", line["id"], *AT)["done"]
    assert staff.run("loan", "settle", line["id"], *AT).exit_code == 1
    assert staff.json("list", "conflicts")["lines"] == []


def test_teacher_and_pupil_both_see_an_onward_loan(staff: Staff) -> None:
    library = staff.library
    teacher = a_patron(library, given_name="Lone")
    pupil = a_patron(library, given_name="Per")
    own, lent = an_item(library, on_loan_to=pupil), an_item(library, on_loan_to=teacher)
    library.write(lambda transaction: lend_onward(library.act(transaction), item=lent, to=pupil))
    (of_teacher,) = staff.json("loan", "list", teacher)["loans"]
    assert of_teacher["item"]["barcode"] == lent
    assert of_teacher["lent_onward_to"]["name"] == "Per Ørsted"
    mine, lent_to_me = staff.json("loan", "list", pupil)["loans"]
    assert (mine["item"]["barcode"], mine["lent_onward_by"]) == (own, None)
    assert lent_to_me["item"]["barcode"] == lent
    assert lent_to_me["lent_onward_by"]["name"] == "Lone Ørsted"
    assert staff.json("patron", "show", pupil)["counts"]["loans"] == 2


def test_a_patron_is_away_and_back(staff: Staff) -> None:
    card = a_patron(staff.library)
    away = staff.json("patron", "absent", card, "--from", "2026-07-01", "--until", "2026-07-31")
    assert away["absence"] == {"first": "2026-07-01", "last": "2026-07-31"}
    assert staff.json("patron", "preferences", card)["absence"] == away["absence"]
    assert staff.json("patron", "absent", card, "--end")["absence"] is None
    wrong = staff.run("patron", "absent", card, "--from", "2026-07-02", "--until", "2026-07-01")
    assert wrong.exit_code == 2


def test_an_item_is_put_elsewhere(staff: Staff) -> None:
    barcode = an_item(staff.library, department="Adults", section="Display")
    placed = staff.json("item", "place", barcode, "--location", "Crime", "--section", "")
    assert placed["item"]["placement"] == ["Adults", "Crime"]
    moved = staff.json("item", "place", barcode, "--at", "DK-900102")["item"]
    assert (moved["home_branch"]["isil"], moved["placement"]) == ("DK-900102", [])
    assert staff.json("item", "show", barcode)["item"] == moved
    assert staff.json("item", "place", "nothing", code=1)[0]["problem"]["status"] == 404


def test_a_loan_is_recalled(staff: Staff) -> None:
    library = staff.library
    barcode = an_item(library, on_loan_to=a_patron(library))
    refused = staff.json("loan", "recall", barcode, *AT, code=1)
    assert refused["refused"] == ["NOT_RECALLABLE"]
    library.policy(loan_days=28, recall_days=10)
    recalled = staff.json("loan", "recall", barcode, *AT)
    assert recalled["due"] < recalled["previous_due"]


def test_a_password_is_hashed(staff: Staff) -> None:
    result = staff.run("hash", typed="hemmelig\nhemmelig\n")
    assert result.exit_code == 0
    assert result.output.splitlines()[-1].startswith("$argon2id$")
