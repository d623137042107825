"""Paper: one PDF for the letters of a turn, each letter in one batch whatever is interrupted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from circulation.notices.kinds import NoticeState
from protocols.notices.channels import Channel, Report, Sent
from protocols.notices.printing import PrintChannel
from tests.builders.outgoing import NOW, a_message, opened

PAGES = re.compile(rb"/Type /Page\b(?!s)")


@pytest.fixture
def paper(tmp_path: Path) -> Channel:
    return opened("print", "print", tmp_path, folder="paper")


def collect(channel: Channel) -> None:
    assert channel.collect(lambda reports: None) == 0


def batches(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "paper").glob("*.pdf"))


def pages(folder: Path, batch: str) -> int:
    return len(PAGES.findall((folder / "paper" / batch).read_bytes()))


def test_the_letters_of_a_turn_are_one_batch(paper: Channel, tmp_path: Path) -> None:
    for number in range(3):
        assert paper.send(a_message(id=number, channel="print"), NOW) == Sent()
    assert batches(tmp_path) == []
    collect(paper)
    assert batches(tmp_path) == ["20270201-0001.pdf"]
    assert pages(tmp_path, "20270201-0001.pdf") == 3
    collect(paper)
    assert batches(tmp_path) == ["20270201-0001.pdf"]
    paper.send(a_message(id=7, channel="print"), NOW)
    collect(paper)
    assert batches(tmp_path) == ["20270201-0001.pdf", "20270201-0002.pdf"]


def test_a_letter_that_is_given_again_is_printed_once(paper: Channel, tmp_path: Path) -> None:
    for _ in range(2):
        paper.send(a_message(id=1), NOW)
    collect(paper)
    paper.send(a_message(id=1), NOW)
    collect(paper)
    assert batches(tmp_path) == ["20270201-0001.pdf"]
    assert pages(tmp_path, "20270201-0001.pdf") == 1


def test_a_batch_that_was_interrupted_is_made(paper: Channel, tmp_path: Path) -> None:
    for number in range(2):
        paper.send(a_message(id=number), NOW)
    (tmp_path / "paper" / "20270201-0001.list").write_text("0.json\n1.json")
    collect(paper)
    assert batches(tmp_path) == ["20270201-0001.pdf"]
    assert pages(tmp_path, "20270201-0001.pdf") == 2
    assert not list((tmp_path / "paper" / "waiting").iterdir())


def test_a_long_letter_and_letters_beyond_western_europe(paper: Channel, tmp_path: Path) -> None:
    body = "\n\n".join(f"Afsnit {number}: " + "ord " * 60 for number in range(40))
    paper.send(a_message(id=1, body=body), NOW)
    paper.send(a_message(id=2, recipient="Łukasz Żak", body="Zażółć gęślą jaźń"), NOW)
    collect(paper)
    assert pages(tmp_path, "20270201-0001.pdf") > 3


def told(channel: PrintChannel, batch: str | None = None) -> list[int | None]:
    """Which letters it says are in the post."""
    reports: list[Report] = []
    if batch is None:
        channel.collect(reports.extend)
    else:
        channel.posted(batch, reports.extend)
    assert {each.state for each in reports} <= {NoticeState.DELIVERED}
    return [each.message_id for each in reports]


def test_a_batch_is_in_the_post_when_somebody_says_so_once(tmp_path: Path) -> None:
    channel = PrintChannel(tmp_path)
    for number in (1, 2):
        channel.send(a_message(id=number), NOW)
    assert told(channel) == []
    assert told(channel, "20270201-0001") == [1, 2]
    assert told(channel, "20270201-0001") == []
    for wrong in ("20270201-0002", "../x"):
        with pytest.raises(LookupError, match="no batch"):
            told(channel, wrong)


def test_what_is_posted_by_itself_is_told_once(tmp_path: Path) -> None:
    channel = PrintChannel(tmp_path, posted_by_itself=True)
    channel.send(a_message(id=7), NOW)
    assert told(channel) == [7]
    assert told(channel) == []


def test_what_could_not_be_stored_is_told_again(tmp_path: Path) -> None:
    channel = PrintChannel(tmp_path, posted_by_itself=True)
    channel.send(a_message(id=7), NOW)

    def fail(reports: object) -> None:
        raise OSError("the database is down")

    with pytest.raises(OSError, match="down"):
        channel.collect(fail)
    assert told(channel) == [7]
