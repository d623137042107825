"""`tiro notices`, `tiro slip` and the sending of `tiro jobs`, with files for channels."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pymupdf_fonts import myfont

from circulation.dunning.steps import Does, Step
from circulation.notices.kinds import NoticeKind
from circulation.patrons.addresses import NewAddress, add_address
from tests.builders.circulation import a_patron, an_item
from tests.builders.dunning import flow
from tests.builders.fees import charge, fee_rule
from tests.builders.notices import EMAIL, MOBILE, act, lend, patron_id, rule
from tests.builders.staff import Staff


@pytest.fixture
def card(staff: Staff) -> str:
    """Somebody with an item that fell due two days ago."""
    text = staff.configuration.read_text()
    channels = "".join(
        f'[notices.channels.{name}]\ndriver = "files"\nfolder = "outbox/{name}"\n'
        for name in ("sms", "email")
    )
    text = text.replace("[circulation]", "[circulation]\nany_day = true")
    staff.configuration.write_text(text + channels)
    library = staff.library
    rule(library, "sms", "email")
    rule(library, "email", kind=NoticeKind.DUE_SOON)
    flow(library, Step("due-soon", Does.NOTICE, -3), Step("overdue-1", Does.NOTICE, 1))
    card = a_patron(library, phone=MOBILE, email=EMAIL)
    lend(library, card, an_item(library, "X0000001", title="Peters jul"))
    return card


def on(staff: Staff, days: int) -> str:
    """The day so many days after the loan falls due."""
    return f"{staff.library.today + timedelta(days=28 + days):%Y-%m-%d}"


def messages(staff: Staff, card: str) -> list[dict[str, Any]]:
    """The oldest first."""
    found: list[dict[str, Any]] = staff.json("notices", "--patron", card)["messages"]
    return found[::-1]


def queued(staff: Staff) -> list[dict[str, Any]]:
    """What staff have written and nobody could be told."""
    found = staff.json("notices", "queue")["notices"]
    return [each for each in found if each["kind"] == "staff"]


def listed(staff: Staff, card: str) -> list[dict[str, Any]]:
    return [each for each in messages(staff, card) if each["kind"] in ("due_soon", "overdue")]


def test_a_loan_that_falls_due_is_told_by_mail_and_then_by_text(staff: Staff, card: str) -> None:
    for day in (-3, 1):
        ran = staff.json("jobs", "run", "--date", on(staff, day))
        assert ran[-1]["job"] == "sending"
    soon, late = listed(staff, card)
    assert (soon["kind"], soon["channel"], soon["address"]) == ("due_soon", "email", EMAIL)
    assert (late["kind"], late["channel"], late["address"]) == ("overdue", "sms", "+4522334455")
    assert {soon["state"], late["state"]} == {"sent"}
    assert late["sent"].startswith(on(staff, 1))
    assert late["text"].startswith("Lånetiden er udløbet: Peters jul.")
    outbox = staff.configuration.parent / "outbox"
    assert late["text"] in next(outbox.glob(f"sms/*{late['id']}*")).read_text()
    assert soon["text"] in next(outbox.glob(f"email/*{soon['id']}*")).read_text()
    staff.json("jobs", "run", "--date", on(staff, 1))  # again: nobody hears anything twice
    assert len(listed(staff, card)) == 2


def test_a_dry_run_tells_who_would_be_told_what_and_why(staff: Staff, card: str) -> None:
    foreseen = staff.json("jobs", "run", "notices", "--dry-run", "--date", on(staff, 1))
    (line,) = [each for each in foreseen if each["type"] == "overdue"]
    assert (line["patron"], line["channel"], line["address"]) == (card, "sms", "+4522334455")
    assert line["items"] == ["X0000001"]
    assert line["facts"][0]["step"] == "overdue-1"
    assert listed(staff, card) == []
    assert not (staff.configuration.parent / "outbox" / "sms").exists()


def test_a_message_is_explained_and_sent_again(staff: Staff, card: str) -> None:
    staff.json("jobs", "run", "--date", on(staff, 1))
    (late,) = listed(staff, card)
    explained = staff.json("notices", "explain", str(late["id"]))
    (told,) = explained["tells"]
    assert told["facts"]["step"] == "overdue-1"
    assert told["facts"]["calendar"] == "DK-900101"
    assert [each["item"] for each in told["loans"]] == ["X0000001"]
    assert told["rules"]["channels"] == {"value": ["sms", "email"], "rule": {}}
    assert staff.run("notices", "explain", str(late["id"])).exit_code == 0
    assert staff.run("notices", "resend", str(late["id"])).exit_code == 0
    assert staff.run("notices", "resend", str(late["id"])).exit_code == 1
    assert staff.run("notices", "resend", "1").exit_code == 1


def test_words_of_the_staff(staff: Staff, card: str) -> None:
    assert staff.run("notices", "write", card, "Du har glemt din paraply.").exit_code == 0
    staff.library.pass_time(minutes=1)
    assert staff.json("notices", "send")["sent"] >= 1
    (words,) = [each for each in messages(staff, card) if each["kind"] == "staff"]
    assert words["text"] == "Du har glemt din paraply."


def test_who_cannot_be_reached_is_in_the_queue(staff: Staff, card: str) -> None:
    nobody = a_patron(staff.library)
    staff.run("notices", "write", nobody, "Hej")
    staff.json("notices", "send")
    [waiting] = queued(staff)
    assert waiting["state"] == "no contact data"
    assert staff.run("notices", "withdraw", waiting["id"]).exit_code == 0
    assert staff.run("notices", "sent", waiting["id"]).exit_code == 1
    assert queued(staff) == []


def test_a_channel_that_is_down_is_in_the_queue_with_the_next_attempt(
    staff: Staff, card: str
) -> None:
    outbox = staff.configuration.parent / "outbox"
    staff.run("notices", "write", card, "Hej")
    assert queued(staff) == []
    outbox.mkdir()
    for name in ("sms", "email"):
        (outbox / name).write_text("no folder")
    staff.json("notices", "send")
    [waiting] = queued(staff)
    assert (waiting["state"], waiting["channel"], waiting["attempts"]) == ("waiting", "sms", 1)
    assert "cannot be written" in waiting["why"]
    assert waiting["next_attempt"] > waiting["created"]
    plain = staff.run("notices", "queue").output
    assert "next_attempt:  " in plain


def test_what_a_patron_wants(staff: Staff, card: str) -> None:
    chosen = staff.json("notices", "choose", card, "due_soon", "--off")
    assert chosen == {"choices": {"due_soon": False}}
    assert staff.json("notices", "choose", card) == chosen
    assert staff.run("notices", "choose", card, "bill", "--off").exit_code == 1
    staff.json("jobs", "run", "--date", on(staff, -3))
    assert listed(staff, card) == []


def test_slips(staff: Staff, card: str) -> None:
    printed = staff.run("slip", "receipt", card).output
    assert printed.startswith("Kvittering\n\nIda Ørsted\n* Afleveres senest ")
    for arguments in (("transit", "X0000001"), ("pickup", "X0000001"), ("pick-list", "DK-900101")):
        assert staff.run("slip", *arguments).exit_code == 1


def test_slips_of_patrons_and_of_the_house(staff: Staff, card: str) -> None:
    assert staff.run("slip", "status", card).output.startswith("Lånerstatus\n\nIda Ørsted\n")
    assert staff.json("slip", "emergency", "DK-900101")["heading"] == "Nødlån"
    for arguments in (
        ("loans", card, "--minutes", "0"),
        ("returns", card, "--at", "DK-900101"),
        ("payment", card),
        ("group", "1", "--at", "DK-900101"),
    ):
        assert staff.run("slip", *arguments).exit_code == 1, arguments
    group = staff.json("group", "add", "2b", "--at", "DK-900101")["group"]
    staff.json("group", "join", group, card)
    listed = staff.json("slip", "group", group, "--at", "DK-900101")
    assert listed["heading"] == "Gruppelån: 2b"
    assert any("Ida Ørsted" in each for each in listed["lines"])


def test_a_day_that_has_not_come_is_for_trying_only(staff: Staff, card: str) -> None:
    text = staff.configuration.read_text().replace("any_day = true", "any_day = false")
    staff.configuration.write_text(text)
    assert staff.run("jobs", "run", "--date", on(staff, 1)).exit_code == 2


def test_the_log_needs_a_patron(staff: Staff) -> None:
    assert staff.run("notices").exit_code == 2
    assert staff.run("notices", "--patron", "nobody").exit_code == 1


def test_a_load_is_silent_until_somebody_says_otherwise(staff: Staff) -> None:
    assert staff.json("notices", "silence")["batches"] == []
    [batch] = staff.json("notices", "silence", "old", "--until", "2026-01-05T12:00")["batches"]
    assert (batch["batch"], batch["until"]) == ("old", "2026-01-05T12:00:00Z")
    assert staff.json("notices", "silence", "old", "--end")["batches"] == []
    assert staff.run("notices", "silence", "old", "--end").exit_code == 1


def test_a_warning_on_paper_counts_when_its_batch_was_posted(staff: Staff) -> None:
    """The debtor is listed while the warning has reached nobody, and blocked days after it has."""
    library = staff.library
    text = staff.configuration.read_text()
    paper = '[notices.channels.print]\ndriver = "print"\nfolder = "paper"\n'
    staff.configuration.write_text(text + paper)
    fee_rule(library, currency="DKK", block_threshold=20_000, block_days=8)
    rule(library, "print", kind=NoticeKind.BLOCK_WARNING)
    card, lost = a_patron(library), a_patron(library)
    address = "Nygade 1, 9000 Byen"
    act(library, add_address, patron_id(library, card), NewAddress(lines=address))
    for each in (card, lost):
        charge(library, each, 20_000)
    staff.json("jobs", "run", "warnings")
    staff.json("notices", "send")
    [line] = staff.json("list", "unwarned", "--at", "DK-900101")["lines"]
    assert (line["owed"]["amount"], line["state"]) == (20_000, "no contact data")
    [message] = messages(staff, lost)
    assert line["notice"] == message["id"]
    [batch] = (staff.configuration.parent / "paper").glob("*.pdf")
    assert staff.json("notices", "posted", batch.stem) == {"batch": batch.stem, "letters": 1}
    assert staff.json("notices", "posted", batch.stem)["letters"] == 0
    assert staff.run("notices", "posted", "20000101-0001").exit_code == 1
    assert staff.run("notices", "posted", batch.stem, "--channel", "sms").exit_code == 1
    staff.json("jobs", "run", "debts")
    assert [each["state"] for each in messages(staff, card)] == ["delivered"]


def test_a_letter_without_a_font_is_listed_until_it_can_be_printed(staff: Staff, card: str) -> None:
    """A letter with a sign of music is printed when the library has added a font."""
    text = staff.configuration.read_text()
    paper = '[notices.channels.print]\ndriver = "print"\nfolder = "paper"\n'
    staff.configuration.write_text(text + paper)
    rule(staff.library, "print", kind=NoticeKind.STAFF)
    address = NewAddress(lines="Storegade 1, 1000 By")
    act(staff.library, add_address, patron_id(staff.library, card), address)
    staff.run("notices", "write", card, "Symphony in 𝄞")
    assert staff.json("notices", "send")["refused"] == 1
    staff.json("notices", "send")  # finds no other channel
    [listed] = queued(staff)
    assert (listed["state"], listed["patron"] == listed["recipient"]) == ("failed", True)
    assert "no font has 𝄞 (U+1D11E): add a font that has them" in listed["why"]
    findings = staff.run("check", "--json").stdout
    assert f"message {listed['id']} to patron {card} was not printed: no font has" in findings
    assert "U+1D11E" in staff.run("notices", "queue").output
    assert list((staff.configuration.parent / "paper").glob("*.pdf")) == []

    (staff.configuration.parent / "music.ttf").write_bytes(myfont("music"))
    fonts = '[notices]\nfonts = ["music.ttf", "nothing.ttf"]\n'
    staff.configuration.write_text(text + fonts + paper)
    assert "nothing.ttf: No such file or directory" in staff.run("check", "--json").stdout
    staff.configuration.write_text(text + fonts.replace(', "nothing.ttf"', "") + paper)
    staff.json("notices", "resend", listed["id"])
    assert staff.json("notices", "send")["sent"] >= 1
    assert len(list((staff.configuration.parent / "paper").glob("*.pdf"))) == 1
    assert queued(staff) == []
    assert "no font has" not in staff.run("check", "--json").stdout
